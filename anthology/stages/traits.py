"""The traits stage: each natural backstory is asked who it is.

Per trait a reader first looks whether the story states it. Where it does not,
the survey model continues "story + question" many times, and the answers make
the story's distribution over the options. Answers that decline and answers
that cannot be read are counted apart and are no part of the distribution.

A question may be put without options: then answers are read by rule where they
can be, and a coder says which option the others come to. A trait may have steps,
further questions that each group of answers is asked on its own.
"""

import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from anthology.interview.distribution import (
    COLUMNS,
    Distribution,
    distribution_columns,
    read_distributions,
    source_rows,
)
from anthology.interview.trait_interview import Settings, TraitSurvey
from anthology.io.parquet import count_rows, open_writer, read_metadata, read_rows, write_text
from anthology.io.shards import join_shards
from anthology.io.tables import Row, format_csv
from anthology.models.session import ModelSession


def run(
    settings: Settings, *, backstories: Path, output: Path, sources: Path, session: ModelSession
) -> None:
    """Ask every story about every trait.

    Parameters
    ----------
    settings
        What is asked, and how.
    backstories
        The stories.
    output
        Where the distributions go: for each trait how often each option was answered,
        whether it was stated, and what named no option; the same for each step.
    sources
        Where a table of how answers were settled goes.
    session
        Where models are asked.
    """
    if session.shards:
        join_shards(session.shards, output, stage="traits", settings=settings)
    else:
        _ask(settings, backstories, output, session)
    rows = source_rows({name: read_distributions(output, name) for name in settings.names})
    write_text(sources, format_csv(COLUMNS, rows))
    print(_account(rows), file=sys.stderr)


def _ask(settings: Settings, backstories: Path, output: Path, session: ModelSession) -> None:
    """Ask one part of the stories, or all, and write each one's answers as they come."""
    survey = TraitSurvey(settings, session)
    with open_writer(output, _columns(settings.names), stage="traits", settings=settings) as sheet:

        def keep(story: tuple[int, str, list[str]], given: dict[str, Distribution]) -> None:
            sheet.add(story[0], *(v for name in settings.names for v in given[name].values))

        span = session.shard.span(count_rows(backstories))
        session.run(
            survey.ask,
            read_rows(backstories, ["backstory", "text", "answers"], span),
            keep,
            total=len(span),
            label="traits",
            name=lambda story: f"backstory {story[0]}",
        )
        models = (settings.model, settings.reader_model, settings.coder_model)
        sheet.metadata = {
            "source": read_metadata(backstories)["source"],
            "traits": " + ".join(sorted({session.source(m) for m in models if m is not None})),
            "options": {name: asked.declared.ids for name, asked in survey.questions.items()},
        }


def _columns(names: Iterable[str]) -> pa.Schema:
    own = [column for name in names for column in distribution_columns(name)]
    return pa.schema([("backstory", pa.int64()), *own])


def _account(rows: Sequence[Row]) -> str:
    """Say for each question how its answers were settled."""
    lines = []
    for name, own in groupby(rows, key=lambda row: row["trait"]):
        shares = [f"{row['source']} {row['share']:.1%}" for row in own if row["answers"]]
        lines.append(f"{name}: {', '.join(shares) or 'never asked'}")
    return "\n".join(lines)
