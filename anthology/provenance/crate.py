"""A study's run as an RO-Crate: tables, configuration and provenance records in one archive.

It follows Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5): the run of the workflow
and each command are actions, with the software and the models as their instruments. Settings,
package versions and costs are not repeated there: they stand in the records, under `made/`.
"""

import json
import zipfile
from collections.abc import Iterable, Mapping
from hashlib import blake2b, sha256
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from anthology.provenance.lineage import Lineage
from anthology.provenance.record_files import as_json
from anthology.provenance.schema import FileHash, ProvenanceRecord, SoftwareVersions, UsageRecord
from anthology.records import canonical_json

Reference = dict[str, str]
"""An entity as others refer to it."""

WORKFLOW = "workflow/Snakefile"
CONFIGURATION = "configuration.yaml"
_METADATA = "ro-crate-metadata.json"
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "http://schema.org/sha256"}]
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
_WORKFLOW_TYPES = ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
_FORMATS = {
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".json": "application/json",
    ".yaml": "application/yaml",
}
_METHOD = "https://arxiv.org/abs/2407.06576"
_LICENCE = "https://spdx.org/licenses/BSD-3-Clause"
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # No archive holds an earlier time.


def write_crate(
    archive: Path, lineage: Lineage, files: Mapping[str, tuple[bytes, str]], title: str, text: str
) -> None:
    """Write the archive, whose bytes depend on its content alone.

    Parameters
    ----------
    archive
        Where it goes.
    lineage
        The records behind the tables.
    files
        Content and description of each file by its place: the workflow's files, the
        configuration, the tables, and whatever else; the records are added.
    title, text
        The name and the description of the whole.
    """
    records = lineage.records
    made = {
        f"made/{place}.json": (as_json(record).encode(), f"What made {place}.")
        for place, record in records.items()
    }
    content = {place: data for place, (data, _) in {**files, **made}.items()}
    crate = _Graph()
    for place, (data, description) in {**files, **made}.items():
        crate.add_file(place, data, description)
    newest = max(records.values(), key=lambda record: record.run.ended)
    crate.add_workflow(newest.software, [place for place in files if place.startswith("workflow/")])
    runs: dict[str, list[ProvenanceRecord]] = {}
    for record in records.values():
        runs.setdefault(_run_id(record), []).append(record)
    actions = [crate.add_action(key, outputs) for key, outputs in runs.items()]
    started = min(run.started for record in records.values() for run in record.runs)
    whole = crate.add(
        "#run", "CreateAction", name="The run of the workflow", description=text,
        startTime=started.isoformat(), endTime=newest.run.ended.isoformat(),
        instrument=_ref(WORKFLOW),
        object=[_ref(CONFIGURATION), *map(crate.add_content, lineage.originals.values())],
        result=[_ref(place) for place in files if place.startswith("results/")],
    )  # fmt: skip
    profiles = [
        crate.add(url, "CreativeWork", name=name, version=url.rpartition("/")[2])
        for url, name in _PROFILES.items()
    ]
    unlicensed = "Its publisher decides on the licence of the tables. The software has its own."
    crate.add(
        "./", "Dataset", name=title, description=text, datePublished=newest.run.ended.isoformat(),
        license=crate.add("#licence", "CreativeWork", name="None chosen", description=unlicensed),
        conformsTo=profiles, mainEntity=_ref(WORKFLOW), hasPart=[_ref(place) for place in content],
        mentions=[whole, *actions],
    )  # fmt: skip
    crate.add(
        _METADATA, "CreativeWork", about=_ref("./"),
        conformsTo=[
            _ref("https://w3id.org/ro/crate/1.1"),
            _ref("https://w3id.org/workflowhub/workflow-ro-crate/1.0"),
        ],
    )  # fmt: skip
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for place, data in sorted({**content, _METADATA: crate.as_json()}.items()):
            entry = zipfile.ZipInfo(place, _EARLIEST)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, data)


class _Graph:
    """The entities of a crate, each described once."""

    def __init__(self) -> None:
        self._entities: dict[str, dict[str, Any]] = {}

    def add(self, key: str, kind: str | list[str], **properties: Any) -> Reference:
        """Describe an entity unless it is described already."""
        known = {name: value for name, value in properties.items() if value not in (None, [])}
        self._entities.setdefault(key, {"@id": key, "@type": kind, **known})
        return {"@id": key}

    def as_json(self) -> bytes:
        graph = list(self._entities.values())
        return json.dumps({"@context": _CONTEXT, "@graph": graph}, indent=1).encode()

    def add_file(self, place: str, data: bytes, description: str) -> None:
        """Describe a file of the archive."""
        main = place == WORKFLOW
        self.add(
            quote(place), _WORKFLOW_TYPES if main else "File",
            name="Anthology" if main else place, description=description,
            encodingFormat=_FORMATS.get(PurePath(place).suffix, "text/plain"),
            contentSize=str(len(data)), sha256=sha256(data).hexdigest(),
            about=_ref("./") if place == "README.md" else None,
        )  # fmt: skip

    def add_workflow(self, software: SoftwareVersions, parts: Iterable[str]) -> None:
        """Describe the workflow beyond its being a file."""
        self._entities[WORKFLOW] |= {
            "version": software.label,
            "url": _METHOD,
            "license": {"@id": _LICENCE},
            "softwareRequirements": self.add_software(software),
            "hasPart": [_ref(place) for place in parts if place != WORKFLOW],
            "programmingLanguage": self.add(
                "https://w3id.org/workflowhub/workflow-ro-crate#snakemake", "ComputerLanguage",
                name="Snakemake", url="https://snakemake.readthedocs.io",
                identifier={"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
                version=software.packages.get("snakemake"),
            ),
        }  # fmt: skip

    def add_action(self, key: str, outputs: list[ProvenanceRecord]) -> Reference:
        """Describe one command, by the records of the files that it wrote."""
        record, places = outputs[0], [output.file.path for output in outputs]
        return self.add(
            key, "CreateAction", name=f"anthology {record.stage}: {', '.join(places)}",
            description=f"seed {record.settings.get('seed', 'none')}, code {record.software.code}",
            startTime=min(run.started for run in record.runs).isoformat(),
            endTime=record.run.ended.isoformat(),
            instrument=[self.add_software(record.software), *map(self._add_model, record.models)],
            object=[self.add_content(file) for file in record.inputs],
            result=[self.add_content(output.file) for output in outputs],
            subjectOf=[_ref(f"made/{place}.json") for place in places],
        )  # fmt: skip

    def add_content(self, file: FileHash) -> Reference:
        """Refer to a file of the archive, or describe one that is not in it by its hash."""
        if quote(file.path) in self._entities:
            return _ref(file.path)
        return self.add(
            f"#{quote(file.path)}-{file.sha256[:12]}", "CreativeWork", name=file.path,
            description="Known by its hash; not in this archive.",
            contentSize=str(file.bytes), sha256=file.sha256,
        )  # fmt: skip

    def add_software(self, software: SoftwareVersions) -> Reference:
        """Describe the code that ran; records name the packages."""
        known = software.model_dump(mode="json", exclude={"code"})
        return self.add(
            f"#anthology-{_short_hash(known)}", "SoftwareApplication", name="anthology",
            softwareVersion=software.label, url=_METHOD, license={"@id": _LICENCE},
            description=f"Run with Python {software.python} on {software.platform}.",
        )  # fmt: skip

    def _add_model(self, usage: UsageRecord) -> Reference:
        known = [usage.identity["revision"], usage.served, usage.version]
        return self.add(
            f"#model-{quote(usage.name)}-{_short_hash([usage.identity, *known])}",
            "SoftwareApplication", name=usage.identity["model"] or usage.name,
            softwareVersion=", ".join(filter(None, known)) or "unknown",
            description=f"A language model: {canonical_json(usage.identity)}",
        )  # fmt: skip


def summarize_usage(records: Iterable[ProvenanceRecord]) -> str:
    """Say what all models of some runs took, each run once."""
    runs = {_run_id(record): record for record in records}.values()
    models = [usage for record in runs for usage in record.models]
    seconds = sum(run.seconds for record in runs for run in record.runs)

    def total(*counts: str) -> float:
        return sum(float(getattr(usage, count)) for usage in models for count in counts)

    return (
        f"{len(runs)} commands ran {seconds:,.0f} s in all; "
        f"{total('requests'):,.0f} requests were answered by paid models, "
        f"{total('hits'):,.0f} from the journal; "
        f"{total('prompt_tokens', 'earlier_prompt_tokens'):,.0f} tokens were read and "
        f"{total('completion_tokens', 'earlier_completion_tokens'):,.0f} written, for "
        f"${total('dollars', 'earlier_dollars'):,.2f} by the declared prices, of which "
        f"${total('earlier_dollars'):,.2f} for answers from the journal, in earlier runs."
    )


def _run_id(record: ProvenanceRecord) -> str:
    """Return what all outputs of one command share."""
    shared = record.model_dump(mode="json", include={"stage", "run", "shards", "settings"})
    return f"#{record.stage}-{_short_hash(shared)}"


def _short_hash(value: Any) -> str:
    return blake2b(canonical_json(value).encode(), digest_size=6).hexdigest()


def _ref(place: str) -> Reference:
    return {"@id": place if "://" in place else quote(place)}
