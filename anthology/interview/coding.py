"""Trait questions as they are put to stories, and the models that read traits or code answers."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.prompts import CoderPrompt, ReaderPrompt
from anthology.config.traits import TraitQuestion
from anthology.interview.answers import read_reply
from anthology.interview.question import Option, Question, label_options
from anthology.models.ask import ask_model, chat_prompt
from anthology.models.base import Model, Request
from anthology.seeds import derive_seed

_READING = Sampling(temperature=0, max_tokens=32)


@dataclass(frozen=True, slots=True)
class PosedQuestion:
    """A question about who one is, as it is put to stories.

    Parameters
    ----------
    name
        The trait, with the step's name behind a dot.
    declared
        The question and what can be answered.
    closed
        The same with all that can be answered as options.
    question
        The same as it is put: with a last option to decline, or without any options.
    """

    name: str
    declared: TraitQuestion
    closed: Question
    question: Question

    @property
    def open(self) -> bool:
        """Whether it is put without options."""
        return not self.question.options


def pose_question(
    name: str, declared: TraitQuestion, decline: str | None, *, freely: bool
) -> PosedQuestion:
    """Return a question as it is put to stories.

    Parameters
    ----------
    name
        What its answers are called.
    declared
        The question.
    decline
        The words of a last option to decline; None for none.
    freely
        Whether it is put without options.
    """
    closed = Question(
        declared.question,
        tuple(Option(i, option.text) for i, option in enumerate(declared.options)),
        unit=declared.unit,
        bounds=tuple((option.low, option.high) for option in declared.options),
    )
    if freely:
        question = Question(declared.open_question or declared.question, ())
    else:
        question = closed.declinable(decline) if decline else closed
    return PosedQuestion(name, declared, closed, question)


@lru_cache
def _listed(question: Question, layout: Format) -> str:
    return "\n".join(label_options(question.options, layout))


P = TypeVar("P", ReaderPrompt, CoderPrompt)


class _Chooser(Generic[P]):
    """Asks a chat model which option of a question something comes to.

    Parameters
    ----------
    prompt
        How it is asked.
    model
        The model.
    layout
        How options are labelled.
    seed
        The experiment's seed.
    """

    def __init__(self, prompt: P, model: Model, layout: Format, seed: int) -> None:
        self._prompt: P = prompt
        self._model, self._layout, self._seed = model, layout, seed

    def _options(self, asked: PosedQuestion) -> str:
        return _listed(asked.closed, self._layout)

    async def _chosen(self, asked: PosedQuestion, message: str, seed: int) -> int | None:
        """Have the model name one of the options; None where it says that there is none."""
        prompt = chat_prompt(self._prompt.system, message)
        request = Request(prompt=prompt, sampling=_READING, seed=seed)
        found = (await ask_model(self._model, request)).completions[0].text.strip()
        if found.lower().startswith(self._prompt.not_stated.lower()):
            return None
        return read_reply(found, asked.closed, self._layout).position


class Reader(_Chooser[ReaderPrompt]):
    """Asks a chat model whether a story states a trait outright."""

    async def find(self, asked: PosedQuestion, number: int, story: str) -> int | None:
        """Return the position of the option that a story states; None where it states none."""
        message = self._prompt.message.format(
            story=story, question=asked.declared.question, options=self._options(asked)
        )
        seed = derive_seed(self._seed, "traits", number, asked.name, "reader")
        return await self._chosen(asked, message, seed)


class Coder(_Chooser[CoderPrompt]):
    """Asks a chat model which option a free answer comes to, each distinct answer once."""

    def __init__(self, prompt: CoderPrompt, model: Model, layout: Format, seed: int) -> None:
        super().__init__(prompt, model, layout, seed)
        self._placed: dict[tuple[str, str], int | None] = {}
        self._under_way: dict[tuple[str, str], asyncio.Future[None]] = {}

    async def place(self, asked: PosedQuestion, text: str) -> int | None:
        """Return the position of the option that an answer comes to; None for none of them."""
        answer = " ".join(text.split())
        if not answer:
            return None
        key = (asked.name, answer)
        while key in self._under_way:
            # Two stories say the same: the second waits for what is made of the first one's.
            await asyncio.wait([self._under_way[key]])
        if key not in self._placed:
            self._under_way[key] = asyncio.get_running_loop().create_future()
            try:
                self._placed[key] = await self._ask(asked, answer)
            finally:
                self._under_way.pop(key).set_result(None)
        return self._placed[key]

    async def _ask(self, asked: PosedQuestion, answer: str) -> int | None:
        message = self._prompt.message.format(
            question=asked.question.wording, options=self._options(asked), answer=answer
        )
        return await self._chosen(
            asked, message, derive_seed(self._seed, "traits", asked.name, "coder")
        )
