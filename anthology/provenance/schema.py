"""The provenance record of a file."""

from datetime import datetime
from typing import Any

from anthology.records import Record

FORMAT = 2
"""Of the record; a reader refuses any other."""


class FileHash(Record):
    """One file as it was."""

    path: str
    """Seen from the working directory; the whole path of a file elsewhere."""
    bytes: int
    """Its size."""
    sha256: str
    """The hash of its content, in hex digits."""


class SoftwareVersions(Record):
    """The code that ran."""

    anthology: str
    """The version of this package."""
    code: str = ""
    """The hash of the stage's own modules, which makes its artifacts stale when it changes."""
    commit: str | None = None
    """The commit that is checked out, where the package lies in a git checkout."""
    changed: bool | None = None
    """Whether the package's files differ from those of the commit."""
    python: str
    """The version of Python."""
    platform: str
    """The operating system and processor."""
    packages: dict[str, str] = {}
    """The versions of packages that can matter, by name, where they are installed."""

    @property
    def label(self) -> str:
        """The version, and the commit where it is known."""
        if self.commit is None:
            return self.anthology
        return f"{self.anthology} ({self.commit[:12]}{' with changes' * bool(self.changed)})"


class CommandRun(Record):
    """One command from its start to its end."""

    host: str
    """The machine."""
    job: str | None = None
    """The scheduler and its number of the job, where there is one."""
    started: datetime
    """In coordinated universal time."""
    ended: datetime
    """Before anything was hashed for this record."""
    seconds: float
    """Between them, by a clock that nobody sets."""
    processor_seconds: float | None = None
    """Of all processors, child processes included."""
    memory: int | None = None
    """The most that the command's largest process held, in bytes."""


class UsageRecord(Record):
    """What asking one model took; nothing is counted of models that are part of this package."""

    identity: dict[str, Any]
    """What makes its answers its own: its `name`, `provider`, `model`, `revision` and so on."""
    served: str | None = None
    """What the server called it."""
    version: str | None = None
    """The engines and their versions, or what else servers said of the versions that answered,
    in this run and in those that left answers in the journal."""
    address: str | None = None
    """Where it was served."""
    requests: int = 0
    """Requests that it answered."""
    hits: int = 0
    """Requests that the journal answered."""
    retries: int = 0
    """Requests that were sent once more."""
    prompt_tokens: int = 0
    """Tokens that it read in this run."""
    completion_tokens: int = 0
    """Tokens that it wrote in this run."""
    price: dict[str, float] | None = None
    """What its file says that a million tokens cost: `prompt` read, `completion` written."""
    dollars: float = 0.0
    """What the answers of this run cost by that price."""
    earlier_prompt_tokens: int = 0
    """Tokens that it had read for the answers from the journal, in the runs that sent them."""
    earlier_completion_tokens: int = 0
    """Tokens that it had written for them."""
    earlier_dollars: float = 0.0
    """What they had cost, by the price of now."""

    @property
    def name(self) -> str:
        """The name of the file that declares it."""
        return str(self.identity["name"])


class ProvenanceRecord(Record):
    """What made a file: command, settings, software, inputs, models and cost."""

    format: int = FORMAT
    """The form of this record."""
    file: FileHash
    """The file itself."""
    stage: str
    """The command that made it."""
    software: SoftwareVersions
    """The code that ran."""
    run: CommandRun
    """The command's run; where parts were joined, the joining alone."""
    inputs: list[FileHash] = []
    """The files that it was made from; where parts were joined, what those were made from."""
    settings: dict[str, Any] = {}
    """The stage's settings."""
    models: list[UsageRecord] = []
    """The models that it was to ask."""
    shards: list[CommandRun] = []
    """The runs that made the shards which were joined."""

    @property
    def runs(self) -> list[CommandRun]:
        """All runs that went into the file."""
        return [*self.shards, self.run]

    @property
    def dollars(self) -> float:
        """What all answers of its models cost, whichever run they were given in."""
        return self.earlier_dollars + sum(model.dollars for model in self.models)

    @property
    def earlier_dollars(self) -> float:
        """What those of them that came from the journal had cost."""
        return sum(model.earlier_dollars for model in self.models)
