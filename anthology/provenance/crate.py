"""A run of the study as an RO-Crate: what ran, on what, with which software and models.

It follows Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5): the workflow's run and
each stage's are actions, with the software and models as their instruments.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from anthology.provenance.lineage import Lineage
from anthology.provenance.schema import FileHash, ProvenanceRecord, SoftwareVersions, UsageRecord
from anthology.records import canonical_json

Entity = Any
"""Of the crate; the library has no types."""

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
_KINDS = {
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".sav": "application/x-spss-sav",
    ".parquet": "application/vnd.apache.parquet",
}
_CODE = "https://arxiv.org/abs/2407.06576"
_LICENCE = "https://spdx.org/licenses/BSD-3-Clause"


class Crate:
    """An RO-Crate in the making.

    Parameters
    ----------
    behind
        What stands behind the study's tables.
    """

    def __init__(self, behind: Lineage) -> None:
        self._behind = behind
        self._crate = ROCrate(version="1.1")
        # Not among the terms of RO-Crate 1.1.
        self._crate.metadata.extra_terms["sha256"] = "http://schema.org/sha256"
        self._files: dict[str, Entity] = {}
        self._records: dict[str, Entity] = {}
        self._known: dict[str, Entity] = {}

    def describe(self, name: str, description: str) -> None:
        """Say what the whole is; its date is that of the last run in it."""
        root = self._crate.root_dataset
        root["name"], root["description"] = name, description
        root["datePublished"] = _moment(max(made.run.ended for made in self._behind.made.values()))
        root["keywords"] = "virtual personas, language models, surveys, simulation of respondents"
        root["license"] = self._context(
            "#licence",
            "CreativeWork",
            name="No licence chosen",
            description="Whoever publishes this record decides under which licence its tables "
            f"stand. The software is under the licence {_LICENCE}.",
        )
        root["conformsTo"] = [
            self._context(profile, "CreativeWork", name=title, version=profile.rpartition("/")[2])
            for profile, title in PROFILES.items()
        ]

    def add_file(self, source: Path, place: str, description: str) -> None:
        """Take a file in."""
        made = self._behind.made.get(place)
        content = None if made is None else made.file
        self._files[place] = self._crate.add_file(
            source, place, properties=_file(place, description, source, content)
        )

    def add_readme(self, source: Path) -> None:
        """Take in what a person who opens the archive reads first."""
        readme = self._crate.add_file(
            source, "README.md", properties=_file("README.md", "What this is.", source)
        )
        readme["about"] = self._crate.root_dataset

    def add_record(self, source: Path, of: str) -> None:
        """Take in the record of what made a file."""
        place = str(PurePath("made", f"{of}.json"))
        self._records[of] = self._crate.add_file(
            source, place, properties=_file(place, f"What made {of}.", source)
        )

    def add_workflow(self, main: Path, parts: Mapping[Path, str]) -> None:
        """Take the workflow in: its main file, and those that this includes with their places."""
        newest = max(self._behind.made.values(), key=lambda made: made.run.ended)
        workflow = self._crate.add_workflow(
            main, "workflow/Snakefile", main=True, lang="snakemake",
            lang_version=newest.software.packages.get("snakemake"),
        )  # fmt: skip
        workflow["name"] = "Anthology"
        workflow["encodingFormat"] = "text/plain"
        workflow["description"] = "From surveys and life stories to the answers of personas."
        workflow["version"], workflow["url"] = _version(newest.software), _CODE
        workflow["license"] = {"@id": _LICENCE}
        # The main file names the software that runs each step as what it needs.
        workflow["softwareRequirements"] = self._software(newest.software)
        workflow["hasPart"] = [
            self._crate.add_file(
                source, place, properties=_file(place, "A part of the workflow.", source)
            )
            for source, place in parts.items()
        ]
        self._files["workflow"] = workflow

    def add_runs(self, results: Sequence[str], configuration: str, description: str) -> None:
        """Describe every stage's run, and the workflow's as a whole."""
        runs: dict[str, list[ProvenanceRecord]] = {}
        for made in self._behind.made.values():
            runs.setdefault(_run_id(made), []).append(made)
        actions = [self._action(key, made) for key, made in runs.items()]
        every = list(self._behind.made.values())
        whole = self._context(
            "#run",
            "CreateAction",
            name="The run of the workflow",
            description=description,
            startTime=_moment(min(run.started for made in every for run in made.runs)),
            endTime=_moment(max(made.run.ended for made in every)),
            instrument=self._files["workflow"],
            object=[
                self._files[configuration],
                *(self._content(given) for given in self._behind.given.values()),
            ],
            result=[self._files[result] for result in results],
        )
        self._crate.root_dataset["mentions"] = [whole, *actions]

    def write(self, folder: Path) -> None:
        """Write it as a folder of files."""
        self._crate.write(folder)

    def _action(self, key: str, outputs: Sequence[ProvenanceRecord]) -> Entity:
        made = outputs[0]
        models = [self._model(asking) for asking in made.models]
        return self._context(
            key,
            "CreateAction",
            name=f"anthology {made.stage}: {', '.join(one.file.path for one in outputs)}",
            description=_told(made),
            startTime=_moment(min(run.started for run in made.runs)),
            endTime=_moment(made.run.ended),
            instrument=[self._software(made.software), *models],
            object=[self._content(used) for used in made.inputs],
            result=[self._content(one.file) for one in outputs],
            subjectOf=[self._records[one.file.path] for one in outputs],
        )

    def _content(self, file: FileHash) -> Entity:
        """Return a file of the crate, or stand for one that is not in it with its hash."""
        if file.path in self._files:
            return self._files[file.path]
        return self._context(
            f"#{quote(file.path)}-{file.sha256[:12]}",
            "CreativeWork",
            name=file.path,
            description="Known by its hash; not a part of this record.",
            encodingFormat=_kind(file.path),
            contentSize=str(file.bytes),
            sha256=file.sha256,
        )

    def _software(self, software: SoftwareVersions) -> Entity:
        known = software.model_dump(mode="json", exclude={"code"})
        needed = [
            self._context(
                f"https://pypi.org/project/{name}/{version}/",
                "SoftwareApplication",
                name=name,
                softwareVersion=version,
                url=f"https://pypi.org/project/{name}/{version}/",
            )
            for name, version in software.packages.items()
        ]
        python = self._context(
            f"https://www.python.org/downloads/release/python-{software.python.replace('.', '')}/",
            "SoftwareApplication",
            name="Python",
            softwareVersion=software.python,
            url="https://www.python.org/",
        )
        return self._context(
            f"#anthology-{_short(known)}",
            "SoftwareApplication",
            name="anthology",
            softwareVersion=_version(software),
            description=f"Run on {software.platform}.",
            url=_CODE,
            license={"@id": _LICENCE},
            softwareRequirements=[python, *needed],
        )

    def _model(self, asking: UsageRecord) -> Entity:
        told = {
            "revision": asking.identity["revision"],
            "called": asking.served,
            "answered by": asking.version,
        }
        known = [f"{key} {value}" for key, value in told.items() if value is not None]
        parts = {"identity": asking.identity, **told}
        return self._context(
            f"#model-{quote(asking.name)}-{_short(parts)}",
            "SoftwareApplication",
            name=asking.identity["model"] or asking.name,
            softwareVersion=", ".join(known) or "not told",
            description=f"A language model, asked as {canonical_json(asking.identity)}",
        )

    def _context(self, key: str, kind: str, **properties: Any) -> Entity:
        """Return an entity that is no file; the same one each time."""
        if key not in self._known:
            entity = ContextEntity(self._crate, key, properties={"@type": kind})
            for name, value in properties.items():
                if isinstance(value, list) and len(value) == 1:
                    entity[name] = value[0]
                elif value != []:
                    entity[name] = value
            self._known[key] = self._crate.add(entity)
        return self._known[key]


def summarize_usage(every: Iterable[ProvenanceRecord]) -> str:
    """Say what all models of some runs took, each run once."""
    runs = {_run_id(made): made for made in every}.values()
    askings = [asking for made in runs for asking in made.models]
    seconds = sum(run.seconds for made in runs for run in made.runs)

    def total(of: Callable[[UsageRecord], float]) -> float:
        return sum(map(of, askings))

    return (
        f"{len(runs)} commands ran {seconds:,.0f} s in all; "
        f"{total(lambda a: a.requests):,.0f} requests were answered by models that cost something, "
        f"{total(lambda a: a.hits):,.0f} from the journal; "
        f"{total(lambda a: a.prompt_tokens + a.earlier_prompt_tokens):,.0f} tokens were read and "
        f"{total(lambda a: a.completion_tokens + a.earlier_completion_tokens):,.0f} written, for "
        f"${total(lambda a: a.dollars + a.earlier_dollars):,.2f} by the prices declared, of which "
        f"${total(lambda a: a.earlier_dollars):,.2f} for answers from the journal, in earlier runs."
    )


def _told(made: ProvenanceRecord) -> str:
    """Say in words what a stage's run took."""
    run = made.run
    parts = [f"Took {sum(one.seconds for one in made.runs):,.1f} s"]
    if made.parts:
        parts.append(f"joined from {len(made.parts)} parts")
    if run.memory is not None:
        parts.append(f"{run.memory / 1e6:,.0f} MB")
    for asking in made.models:
        if asking.requests or asking.hits:
            parts.append(
                f"{asking.name}: {asking.requests:,} requests, {asking.prompt_tokens:,} tokens "
                f"read, {asking.completion_tokens:,} written, ${asking.dollars:,.2f}; "
                f"{asking.hits:,} from the journal, which had taken "
                f"{asking.earlier_prompt_tokens:,} tokens read, "
                f"{asking.earlier_completion_tokens:,} written, ${asking.earlier_dollars:,.2f}"
            )
    seed = made.settings.get("seed")
    parts += [f"seed {seed}"] if seed is not None else []
    parts.append(f"code {made.software.code}")
    return "; ".join(parts) + "."


def _run_id(made: ProvenanceRecord) -> str:
    """Return what all outputs of one run share."""
    known = made.model_dump(mode="json", include={"stage", "run", "parts", "settings"})
    return f"#{made.stage}-{_short(known)}"


def _short(value: Any) -> str:
    return blake2b(canonical_json(value).encode(), digest_size=6).hexdigest()


def _file(
    place: str, description: str, source: Path, content: FileHash | None = None
) -> dict[str, Any]:
    size = source.stat().st_size if content is None else content.bytes
    return {
        "name": place,
        "description": description,
        "encodingFormat": _kind(place),
        "contentSize": str(size),
        **({} if content is None else {"sha256": content.sha256}),
    }


def _kind(place: str) -> str:
    return _KINDS.get(PurePath(place).suffix, "text/plain")


def _version(software: SoftwareVersions) -> str:
    if software.commit is None:
        return software.anthology
    return f"{software.anthology}+{software.commit}" + (".changed" if software.changed else "")


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
