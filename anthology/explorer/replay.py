"""What a model was shown, item by item, found again from what was asked and answered.

Prompts are not kept when a survey is taken. The order of items and options follows from the seed,
and what stands before an item from the answers before it, so the interview is held again with the
answers known and nobody asked.
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from anthology.config.model_identity import ModelIdentity
from anthology.errors import DataError
from anthology.explorer.text_table import TextTable
from anthology.interview.survey_interview import Interview, Settings
from anthology.interview.transcript import Turn
from anthology.io.parquet import read_producer
from anthology.models.base import Message, Model, Reply, Request
from anthology.models.session import ModelSession
from anthology.survey.codebook import Codebook

ROLES = ("system", "user", "assistant")
"""Who speaks in a chat."""

TextIndices = list[int]
"""Places of texts that make a prompt when they are put together. In a chat, -1 stands before what
the first of `ROLES` says, -2 before the second, and so on."""


def read_interview_settings(path: Path) -> Settings:
    """Return how the answers in a file were asked for.

    Raises
    ------
    DataError
        If the file was made by a version of the project that knew other settings.
    """
    try:
        return Settings.model_validate(read_producer(path)["settings"])
    except ValidationError:
        raise DataError(
            "was made by another version of the project, which asked in other ways",
            where=str(path),
            hint="Remove the file; the workflow makes it again.",
        ) from None


class _Part(NamedTuple):
    """What one speaker says, or a whole text, in pieces.

    Parameters
    ----------
    mark
        What stands before it, where there are speakers.
    text, pieces
        The same, whole and cut.
    kept
        The length of all but the last piece.
    """

    mark: tuple[int, ...]
    text: str
    pieces: TextIndices
    kept: int


class PromptReplay:
    """The prompts of one model and condition.

    Parameters
    ----------
    settings
        How was asked.
    codebook
        The survey's words.
    texts
        Where texts are kept.
    """

    def __init__(self, settings: Settings, codebook: Codebook, texts: TextTable) -> None:
        self._interview = Interview(settings, codebook, _NobodyAsked())
        self._items = [item.variable for item in settings.items]
        self._texts = texts

    def of(
        self,
        respondent: str,
        turns: tuple[Turn, ...],
        story: Sequence[str],
        codes: Mapping[str, int | None],
    ) -> list[list[int]]:
        """Return one persona's prompts.

        Parameters
        ----------
        respondent, turns
            Whom the persona stands for, and what it is made of.
        story
            The parts of its story, which are kept as pieces of their own.
        codes
            What was answered to each item.

        Returns
        -------
        list
            The items' numbers in the order they were asked; then for each of them how many
            pieces it has in common with the one before, followed by the pieces that are its own.
        """
        order: list[int] = []
        prompts: list[list[int]] = []
        before: TextIndices = []
        parts: list[_Part] = []
        for variable, prompt in self._interview.prompts((respondent, turns), codes):
            parts = self._cut(prompt, story, parts)
            pieces = [piece for part in parts for piece in (*part.mark, *part.pieces)]
            shared = _shared(before, pieces)
            order.append(self._items.index(variable))
            prompts.append([shared, *pieces[shared:]])
            before = pieces
        return [order, *prompts]

    def _cut(
        self, prompt: str | tuple[Message, ...], story: Sequence[str], before: Sequence[_Part]
    ) -> list[_Part]:
        """Cut a prompt, of which most was cut before: all but the last piece of some part."""
        if isinstance(prompt, str):
            said: list[tuple[tuple[int, ...], str]] = [((), prompt)]
        else:
            said = [((-1 - ROLES.index(m.role),), m.content) for m in prompt]
        parts = []
        for (mark, text), known in zip_longest(said, before[: len(said)]):
            if known is None or not text.startswith(known.text[: known.kept]):
                parts.append(self._part(mark, text, self._texts.pieces(text, story)))
            elif text == known.text:
                parts.append(_Part(mark, text, known.pieces, known.kept))
            else:
                rest = self._texts.pieces(text[known.kept :])
                parts.append(self._part(mark, text, [*known.pieces[:-1], *rest]))
        return parts

    def _part(self, mark: tuple[int, ...], text: str, pieces: TextIndices) -> _Part:
        last = self._texts.text(pieces[-1]) if pieces else ""
        return _Part(mark, text, pieces, len(text) - len(last))


def _shared(first: TextIndices, second: TextIndices) -> int:
    """Return how many pieces two prompts have in common at their beginning."""
    for place, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return place
    return min(len(first), len(second))


class _NobodyAsked(ModelSession):
    """ModelSession without a model, for interviews whose answers are known."""

    def __init__(self) -> None:
        super().__init__(models=Path(), journal=Path(), max_concurrency=1)

    def _prepare(self, identity: ModelIdentity) -> Model:  # noqa: ARG002
        return _Silent()


class _Silent:
    """A model that nobody asks."""

    async def sample(self, request: Request) -> Reply:
        raise AssertionError(f"the answer to {request.prompt!r} is known")
