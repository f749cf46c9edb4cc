"""A dry run of one stage: nothing is sent, the journal answers what it has, the rest is made up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from anthology.config.model import ModelSpec
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ConfigurationError
from anthology.io.yaml import read_record
from anthology.journal.journal import Journal
from anthology.models.base import Completion, LabelProbs, Model, Reply, Request
from anthology.models.cached import CachedModel
from anthology.models.in_process import InProcess
from anthology.models.registry import capabilities
from anthology.models.session import ModelSession
from anthology.models.usage import Usage
from anthology.simulation.parse_options import parse_options
from anthology.simulation.parse_prompt import parse_prompt

CHARACTERS_PER_TOKEN = 4
"""How long a token of English prose is taken to be."""
_WORD = "word "
_MADE_UP = _WORD * 4
_TOKENS_LOOKED_AT = 4
"""Tokens in which the probabilities of labels are looked for."""


@dataclass
class Archive:
    """The journal as rehearsals see it: it is read, and nothing is written.

    Parameters
    ----------
    journal
        What was answered before.
    needed
        The keys of the answers that were looked up and found.
    models
        The fingerprints of the models that were to be asked.
    """

    journal: Journal
    needed: set[bytes] = field(default_factory=set)
    models: set[str] = field(default_factory=set)

    def find(self, key: bytes) -> list[bytes]:
        """Look an answer up, and remember that it is needed."""
        found = self.journal.find(key)
        if found:
            self.needed.add(key)
        return found

    def refresh(self) -> bool:
        """See only what was there at first, so that all of a plan counts the same journal."""
        return False

    def name(self, model: str, name: str) -> None:  # noqa: ARG002
        """Remember that a model is asked, and write nothing."""
        self.models.add(model)

    def add(self, key: bytes, model: str, payload: bytes) -> None:
        """Write nothing."""


def refuse_to_prune(to_send: int, models: Collection[str]) -> None:
    """Refuse to remove answers where a rehearsal cannot tell which are needed.

    Raises
    ------
    ConfigurationError
        If the experiment asks nothing that is kept, or is not finished: what it will ask
        then depends on answers that were made up.
    """
    if not models:
        raise ConfigurationError(
            "the experiment, as configured, needs nothing that a journal keeps",
            where="journal --prune",
            hint="Name the study's files with --configfile, as for snakemake.",
        )
    if to_send:
        raise ConfigurationError(
            f"the study is not finished: {to_send:,} requests are still to be sent, and what is "
            "needed after them is unknown",
            where="journal --prune",
            hint="Run the study to its end first. (A model whose file names no `model` is whatever "
            "a server offers, whose answers cannot be distinguished without it.)",
        )


@dataclass(frozen=True)
class Part:
    """What is said to requests that are no survey questions.

    Parameters
    ----------
    cue
        A passage that stands in such requests and in no others.
    reply
        The answer.
    opens
        Whether the passage is a question that stays in sight of later ones, so that it counts
        only where it is asked now.
    """

    cue: str
    reply: str
    opens: bool = False

    def answers(self, request: Request) -> bool:
        """Say whether a request is one of them."""
        return self.cue in (_asked(request) if self.opens else _text(request))

    def makes_up(self, request: Request) -> bool:
        """Say whether a request is one of them and about a text that was made up."""
        return not self.opens and self.answers(request) and _MADE_UP in _text(request)


class Rehearsal(ModelSession):
    """Counts what one stage would ask of paid models.

    Parameters
    ----------
    models
        The folder that says what models are.
    archive
        What was answered before.
    parts
        What critics, readers and the like say in the stage.
    least
        Words that a story needs, at least.
    marker
        What an answer to a question with options begins with, where it is thought over.
    """

    def __init__(
        self,
        models: Path,
        archive: Archive,
        parts: Sequence[Part],
        least: int,
        marker: str = "",
    ) -> None:
        super().__init__(models=models, journal=Path(), max_concurrency=1)
        self._marker = marker
        self._folder, self._archive, self._parts, self._least = models, archive, parts, least
        self.counted: dict[str, Usage] = {}

    def _prepare(self, identity: ModelIdentity) -> Model:
        if not capabilities(identity).paid:
            return _Free(super()._prepare(identity), self._parts)
        spec = read_record(self._folder / f"{identity.name}.yaml", ModelSpec)
        meter = self.counted.setdefault(identity.name, Usage())
        model = _StandIn(self._parts, self._least, self._marker)
        return CachedModel(model, identity, spec, self._archive, meter)


class _Free:
    """A free model, asked for real, except about texts that were made up."""

    def __init__(self, model: Model, parts: Sequence[Part]) -> None:
        self._model, self._parts = model, parts

    async def sample(self, request: Request) -> Reply:
        for part in self._parts:
            if part.makes_up(request):
                return Reply((Completion(part.reply),) * request.n)
        return await self._model.sample(request)


class _StandIn(InProcess):
    """Answers every question at the first attempt, and at the longest length."""

    def __init__(self, parts: Sequence[Part], least: int, marker: str) -> None:
        self._parts, self._least, self._marker = parts, least, marker

    async def sample(self, request: Request) -> Reply:
        text = _text(request)
        prompt_tokens = len(text) // CHARACTERS_PER_TOKEN
        if request.logprobs:
            even = (1 / len(request.choices),) * len(request.choices)
            return Reply((), LabelProbs(even), prompt_tokens, _TOKENS_LOOKED_AT)
        if request.score_text:
            read = (len(text) + len(request.score_text)) // CHARACTERS_PER_TOKEN
            tokens = max(1, len(request.score_text) // CHARACTERS_PER_TOKEN)
            return Reply(
                (Completion(request.score_text, tokens=tokens, logprob=-tokens),), None, read
            )
        longest = request.sampling.max_tokens
        draw = Completion(self._answer(request), tokens=longest)
        return Reply((draw,) * request.n, None, prompt_tokens, longest * request.n)

    def _answer(self, request: Request) -> str:
        for part in self._parts:
            if part.answers(request):
                return part.reply
        if request.choices:
            return request.choices[0]
        asked = parse_options(parse_prompt(request.prompt).question)
        if asked is not None:
            return f"{self._marker} {asked.labels[0]} {asked.texts[0]}".lstrip()
        words = request.sampling.max_tokens * CHARACTERS_PER_TOKEN // len(_WORD)
        return _WORD * max(words, self._least)


def _text(request: Request) -> str:
    if isinstance(request.prompt, str):
        return request.prompt
    return "\n".join(message.content for message in request.prompt)


def _asked(request: Request) -> str:
    """Return what is asked now: the last paragraph of a text, the last message of a chat."""
    if isinstance(request.prompt, str):
        return request.prompt.rpartition("\n\n")[2]
    return request.prompt[-1].content
