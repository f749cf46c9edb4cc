"""The record stage: a run of the study in one archive, fit for a paper's supplement."""

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml

from anthology.config.stage import Derived, StageSettings
from anthology.io.parquet import write_atomically
from anthology.provenance.crate import CONFIGURATION, WORKFLOW, summarize_usage, write_crate
from anthology.provenance.lineage import trace_lineage
from anthology.provenance.secrets import redact_secrets, strip_folders

_SOURCES = {
    "humans": "respondents",
    "backstories": "backstories",
    "traits": "traits of backstories",
    "answers": "answers",
}
"""The columns of a table that say where its numbers come from, and what each is about."""
_SYNTHETIC = ("simulated", "uniform")

_README = """# {}

{}

- `results/` holds the study's tables, as the workflow made them.
- `configuration.yaml` is the study's configuration, with every default.
- `made/` holds the provenance record of each file behind the tables: settings, seeds, versions of
  code and packages, models, hashes of its inputs, time and cost. The files themselves, with what
  respondents and models said, are not here; their hashes tell whether you have the same ones.
- `workflow/` is the workflow that ran.
- `ro-crate-metadata.json` describes all of it for programs (RO-Crate 1.1, Workflow Run Crate 0.5).
"""


class Settings(StageSettings):
    """What the archive depends on."""

    configuration: Annotated[dict[str, Any], Derived("configuration")]
    """The whole configuration, merged and with all defaults."""


def run(
    settings: Settings, *, summary: Path, tables: list[Path], workflow: list[Path], output: Path
) -> None:
    """Put tables, configuration and the records of all that is behind them into one archive.

    What respondents and models said is known by its hash only; machines and private folders are
    not named.

    Parameters
    ----------
    settings
        The configuration.
    summary, tables
        The table of all surveys, and those of single surveys.
    workflow
        The Snakefile, and after it the files that it includes.
    output
        Where the archive goes.

    Raises
    ------
    DataError
        If a file behind the tables has no record, or is not the one that its record is of.
    """
    lineage = trace_lineage([summary, *tables]).anonymize()
    title = f"A study of virtual personas: {', '.join(settings.configuration['surveys'])}"
    text = f"{describe_sources(read_sources(summary))} {summarize_usage(lineage.records.values())}"
    public = redact_secrets(strip_folders(settings.configuration))
    configuration = yaml.safe_dump(public, sort_keys=False, allow_unicode=True, width=100)
    main, *included = workflow
    files = {
        WORKFLOW: (main.read_bytes(), "From surveys and backstories to the answers of personas."),
        "README.md": (_README.format(title, text).encode(), "What this is."),
        CONFIGURATION: (configuration.encode(), "The study's configuration."),
        **{str(path): (path.read_bytes(), "A table of the study.") for path in (summary, *tables)},
        **{
            f"workflow/{path.relative_to(main.parent).as_posix()}": (
                path.read_bytes(),
                "A part of the workflow.",
            )
            for path in included
        },
    }
    with write_atomically(output) as temporary:
        write_crate(temporary, lineage, files, title, text)
    print(f"provenance of {len(lineage.records)} files recorded", file=sys.stderr)


def read_sources(table: Path) -> dict[str, list[str]]:
    """Return where the respondents, backstories, traits and answers of a table come from."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        what: sorted({row[column] for row in rows if row[column]})
        for column, what in _SOURCES.items()
    }


def _any_synthetic(names: Sequence[str]) -> bool:
    """Say whether any source is synthetic; one may name several, as in `llama + simulated`."""
    return any(part in _SYNTHETIC for name in names for part in name.split(" + "))


def describe_sources(sources: Mapping[str, list[str]]) -> str:
    """Say where a study's numbers come from, and whether any of it is synthetic."""
    listed = "; ".join(f"{what}: {', '.join(names) or 'none'}" for what, names in sources.items())
    synthetic = [what for what, names in sources.items() if _any_synthetic(names)]
    verdict = (
        f"Synthetic: {', '.join(synthetic)}; numbers from synthetic data have no evidential value."
        if synthetic
        else "None of it was simulated by this software."
    )
    return f"Where the numbers come from: {listed}. {verdict}"
