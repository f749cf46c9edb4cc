"""Text about the journal for users: its content, and the outcome of pruning."""

from pathlib import Path

from anthology.io.tables import align_columns
from anthology.journal.prune import Overview, Pruned, overview


def report(folder: Path) -> str:
    """Say how large the journal is, whose answers it holds, and how often they were used."""
    found = overview(folder)
    whole = found.total
    entries = whole.entries.total()
    if not found.files and not found.unread:
        return f"{folder}: nothing yet"
    lines = [f"{folder}: {entries:,} answers in {len(found.files)} files, {_size(whole.size)}"]
    if entries:
        lines += ["", align_columns(["model", "answers", "size"], _models(found))]
    if whole.hits or whole.sent:
        lines += ["", align_columns(["stage", "from the journal", "sent", "share"], _runs(found))]
    if whole.damaged:
        lines += ["", f"{whole.damaged:,} damaged lines, which are not used"]
    lines += [f"{unread.name}: {unread.reason}; not used" for unread in found.unread]
    return "\n".join(lines)


def report_pruned(done: Pruned) -> str:
    """Say what pruning did."""
    lines = [f"{done.removed:,} answers removed, {done.kept:,} kept, {_size(done.freed)} freed"]
    return "\n".join([*lines, *(f"{left.name} left alone: {left.reason}" for left in done.left)])


def _models(found: Overview) -> list[list[str]]:
    whole = found.total
    return [
        [", ".join(sorted(whole.names.get(model, {model}))), f"{count:,}", _size(size)]
        for model, count in whole.entries.most_common()
        for size in [whole.entry_bytes[model]]
    ]


def _runs(found: Overview) -> list[list[str]]:
    whole = found.total
    return [
        [stage, f"{hits:,}", f"{sent:,}", f"{hits / max(1, hits + sent):.0%}"]
        for stage in sorted({*whole.hits, *whole.sent})
        for hits, sent in [(whole.hits[stage], whole.sent[stage])]
    ]


def _size(count: int) -> str:
    """Write a number of bytes."""
    if count < 1_000_000:
        return f"{count / 1_000:,.1f} kB"
    return f"{count / 1_000_000:,.1f} MB"
