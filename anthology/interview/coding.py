"""Reading which option of a trait an answer comes to: by rule, or by a model that codes it."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.prompts import CoderPrompt, ReaderPrompt
from anthology.config.traits import TraitQuestion
from anthology.interview.answers import Outcome, read_answer
from anthology.interview.numbers import option_position, read_range
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
    question
        The same as it is put: with a last option to decline, or without any options.
    """

    name: str
    declared: TraitQuestion
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
    if freely:
        return PosedQuestion(
            name, declared, Question(declared.open_question or declared.question, ())
        )
    texts = [option.text for option in declared.options] + ([decline] if decline else [])
    options = tuple(Option(i, text) for i, text in enumerate(texts))
    return PosedQuestion(name, declared, Question(declared.question, options))


def read_option(text: str, declared: TraitQuestion, layout: Format) -> int | None:
    """Read which option a text names, by label, words or number."""
    answer = read_answer(text, _texts(declared), layout)
    return answer.position if answer.outcome == Outcome.VALID else read_number(text, declared)


def read_number(text: str, declared: TraitQuestion) -> int | None:
    """Read which option of a numeric trait a number in words or figures falls into."""
    stated = read_range(text, declared.unit) if declared.unit else None
    bounds = [(option.low, option.high) for option in declared.options]
    return None if stated is None else option_position(stated, bounds)


def read_freely(text: str, declared: TraitQuestion) -> tuple[str, int | None]:
    """Read an answer to a question that was put without options.

    Parameters
    ----------
    text
        The answer. Labels do not count, since none were shown.
    declared
        What it may come to.

    Returns
    -------
    tuple
        The source that settles it, with the option's position: `read`, `number`, or
        `declined` without one. What cannot be settled by rule is `unreadable`; so is a
        refusal that holds a number, since "I won't say, but I'm over 18" does not tell
        an age.
    """
    answer = read_answer(text, _texts(declared), None)
    if answer.outcome == Outcome.VALID:
        return "read", answer.position
    number = read_number(text, declared)
    if answer.outcome == Outcome.REFUSED:
        return ("declined" if number is None else "unreadable"), None
    return ("unreadable", None) if number is None else ("number", number)


def _texts(declared: TraitQuestion) -> tuple[str, ...]:
    return tuple(option.text for option in declared.options)


@lru_cache
def _listed(texts: tuple[str, ...], layout: Format) -> str:
    return "\n".join(label_options([Option(i, text) for i, text in enumerate(texts)], layout))


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
        return _listed(_texts(asked.declared), self._layout)

    async def _chosen(self, asked: PosedQuestion, message: str, seed: int) -> int | None:
        """Have the model name one of the options; None where it says that there is none."""
        prompt = chat_prompt(self._prompt.system, message)
        request = Request(prompt=prompt, sampling=_READING, seed=seed)
        found = (await ask_model(self._model, request)).completions[0].text.strip()
        if found.lower().startswith(self._prompt.not_stated.lower()):
            return None
        return read_option(found, asked.declared, self._layout)


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
