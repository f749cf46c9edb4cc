"""The record stage: a run of the study in one file, fit for a paper's supplement."""

import csv
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import yaml

from anthology.config.stage import Derived, StageSettings
from anthology.io.parquet import write_atomically
from anthology.models.usage import join_versions
from anthology.provenance.crate import Crate, summarize_usage
from anthology.provenance.lineage import Lineage, trace_lineage
from anthology.provenance.record_files import as_json
from anthology.provenance.schema import ProvenanceRecord
from anthology.provenance.secrets import redact_secrets

_SOURCES = {
    "humans": "people",
    "backstories": "life stories",
    "traits": "what stories say of who they are",
    "answers": "answers",
}
"""The columns of a table that say where its numbers come from, and what they are about."""
_MADE_UP = ("simulated", "uniform")
_CONFIGURATION = "configuration.yaml"
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # No archive holds an earlier time.

_README = """# {}

{}

{}

- `results/` holds the study's tables, as the workflow made them.
- `configuration.yaml` is the study's configuration, with every default.
- `made/` holds for each file that the tables stand on what made it: settings, seeds, versions of
  code and packages, models, hashes of its inputs, time and cost. The files themselves, with what
  people and models said, are not here; their hashes tell whether somebody has the same.
- `workflow/` is the workflow that ran.
- `ro-crate-metadata.json` says all of it for programs (RO-Crate 1.1, Workflow Run Crate 0.5).
"""


class Settings(StageSettings):
    """What the record depends on."""

    configuration: Annotated[dict[str, Any], Derived("configuration")]
    """The whole of it, as it was merged and read."""


def run(
    settings: Settings, *, summary: Path, tables: list[Path], workflow: list[Path], output: Path
) -> None:
    """Put tables, configuration and the records of all that stands behind them into one archive.

    What people and models said is known by its hash only, and neither is a machine or a folder of
    somebody's named.

    Parameters
    ----------
    settings
        The configuration.
    summary
        The table of all surveys.
    tables
        The tables of single surveys.
    workflow
        The Snakefile, and after it the files that it includes.
    output
        Where the archive goes.

    Raises
    ------
    DataError
        If it is not known what made something, or a file is not the one that its record is of.
    """
    behind = anonymize(trace_lineage([summary, *tables]))
    sources = read_sources(summary)
    with TemporaryDirectory() as name:
        folder = Path(name)
        configuration = folder / _CONFIGURATION
        text = yaml.safe_dump(strip_folders(settings.configuration), sort_keys=False)
        configuration.write_text(text, encoding="utf-8")
        crate = Crate(behind)
        counted = summarize_usage(behind.made.values())
        title = f"A study of virtual personas: {', '.join(settings.configuration['surveys'])}"
        crate.describe(title, f"{describe_sources(sources)} {counted}")
        readme = folder / "README.md"
        readme.write_text(
            _README.format(title, describe_sources(sources), counted), encoding="utf-8"
        )
        crate.add_readme(readme)
        crate.add_file(configuration, _CONFIGURATION, "The study's configuration.")
        results = [str(path) for path in (summary, *tables)]
        for result in results:
            crate.add_file(Path(result), result, "A table of the study.")
        for number, (place, made) in enumerate(behind.made.items()):
            record = folder / f"{number}.json"
            record.write_text(as_json(made), encoding="utf-8")
            crate.add_record(record, place)
        root = workflow[0].parent
        parts = {path: f"workflow/{path.relative_to(root).as_posix()}" for path in workflow[1:]}
        crate.add_workflow(workflow[0], parts)
        crate.add_runs(results, _CONFIGURATION, counted)
        crate.write(folder / "crate")
        with write_atomically(output) as temporary:
            write_archive(folder / "crate", temporary)
    print(f"{len(behind.made)} files and what made them recorded", file=sys.stderr)


def read_sources(table: Path) -> dict[str, list[str]]:
    """Return where the people, stories, traits and answers of a table come from."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        what: sorted({row[column] for row in rows if row[column]})
        for column, what in _SOURCES.items()
    }


def describe_sources(sources: Mapping[str, list[str]]) -> str:
    """Say where a study's numbers come from, and whether any of it was made up."""
    listed = "; ".join(f"{what}: {', '.join(names) or 'none'}" for what, names in sources.items())
    made_up = [what for what, names in sources.items() if set(names) & set(_MADE_UP)]
    verdict = (
        f"Simulated: {', '.join(made_up)}. Numbers with simulated people or a simulated model are "
        "evidence about nothing."
        if made_up
        else "Nothing of it was simulated by the toy models of the software."
    )
    return f"Where the numbers come from: {listed}. {verdict}"


def anonymize(behind: Lineage) -> Lineage:
    """Return records without the names of machines and servers, and of folders elsewhere."""
    hosts = dict.fromkeys(run.host for made in behind.made.values() for run in made.runs)
    machines = {host: f"machine {number}" for number, host in enumerate(hosts, start=1)}

    def public(made: ProvenanceRecord) -> ProvenanceRecord:
        plain = made.model_dump(mode="json")
        for run in (plain["run"], *plain["parts"]):
            run["host"] = machines[run["host"]]
        for asking in plain["models"]:
            asking["address"] = None
            for key in ("served", "version"):
                told = (asking[key] or "").split(", ")
                asking[key] = join_versions(map(strip_folders, told))
        return ProvenanceRecord.model_validate(redact_secrets(strip_folders(plain)))

    return Lineage(
        {place: public(made) for place, made in behind.made.items()},
        {
            place: given.model_copy(update={"path": strip_folders(given.path)})
            for place, given in behind.given.items()
        },
    )


def strip_folders(value: Any) -> Any:
    """Return plain JSON types in which a path to a place of somebody's own is its last name."""
    if isinstance(value, str):
        own = value.startswith(("/", "~", "../"))
        return PurePath(value).name if own and "\n" not in value else value
    if isinstance(value, dict):
        return {key: strip_folders(one) for key, one in value.items()}
    return [strip_folders(one) for one in value] if isinstance(value, list) else value


def write_archive(folder: Path, archive: Path) -> None:
    """Write the files of a folder as an archive, whose bytes depend on their content alone."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _EARLIEST)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, file.read_bytes())
