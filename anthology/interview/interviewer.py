"""Putting multiple-choice questions to a model and reading what it answers."""

from dataclasses import dataclass
from functools import lru_cache

from anthology.config.formats import Format
from anthology.config.model import AnswerMode, Sampling
from anthology.config.prompts import SurveyPrompt
from anthology.errors import ModelError
from anthology.interview.answers import Answer, choose_option, read_reply
from anthology.interview.question import Question
from anthology.interview.transcript import (
    Ask,
    Turn,
    render_ask,
    render_messages,
    render_turns,
    stop_texts,
)
from anthology.models.ask import ask_model
from anthology.models.base import LabelProbs, Message, Model, Request

_PAGES = 4096
"""How many questions are kept laid out; a survey's, in all their orders, are rarely more."""
_ANSWERS = 4096
"""How many answers are kept as they were read; many people give the same ones."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A question laid out, which is the same for every respondent.

    Parameters
    ----------
    ask
        What a chat is asked.
    text
        What a text ends in.
    choices
        The labels as the model would write them.
    answered
        For each option the question answered by it.
    """

    ask: Ask
    text: str
    choices: tuple[str, ...]
    answered: tuple[Turn, ...]


class Interviewer:
    """Asks one model questions in one layout.

    Parameters
    ----------
    model
        The model.
    api
        Whether it continues texts or replies to messages.
    layout
        How questions look.
    frame
        What stands before and after each question, and the system message of a chat.
    sampling
        How answers are drawn.
    answer_mode
        Whether answers are drawn in words, or the model may write nothing but a label.
    require_label
        Whether the line after the options, which asks for one of their labels, is shown.
    """

    def __init__(
        self,
        model: Model,
        api: str,
        layout: Format,
        frame: SurveyPrompt,
        sampling: Sampling,
        answer_mode: AnswerMode,
        *,
        require_label: bool = True,
    ) -> None:
        self._model, self._chat = model, api == "chat"
        self._layout, self._frame, self._sampling = layout, frame, sampling
        self._answer_mode, self._after = answer_mode, frame.after if require_label else ""
        self._stops = () if self._chat else self._ends()
        self._page = lru_cache(_PAGES)(self._laid_out)
        self._read = lru_cache(_ANSWERS)(self._read_once)

    async def ask(
        self, turns: tuple[Turn, ...], question: Question, *, draws: int = 1, seed: int
    ) -> tuple[str, ...]:
        """Ask one question after everything that was said, and return the answers' texts."""
        page = self._page(question)
        request = Request(
            prompt=self._prompt(turns, page),
            sampling=self._sampling,
            stop=self._stops,
            n=draws,
            choices=page.choices if self._answer_mode == "choice" else (),
            seed=seed,
        )
        return tuple(draw.text for draw in (await ask_model(self._model, request)).completions)

    async def weigh(self, turns: tuple[Turn, ...], question: Question) -> LabelProbs:
        """Ask how probable each option's label is as the answer to a question.

        Returns
        -------
        LabelProbs
            The probability of each option, in the order of the question.
        """
        page = self._page(question)
        request = Request(
            prompt=self._prompt(turns, page),
            sampling=Sampling(max_tokens=1),
            choices=page.choices,
            logprobs=True,
        )
        shares = (await self._model.sample(request)).label_probs
        if shares is None or len(shares.probs) != len(question.options):
            raise ModelError("gave no probabilities of the labels")
        return shares

    def read(self, text: str, question: Question) -> Answer:
        """Read which of a question's options an answer names."""
        return self._read(text, question)

    def answered(self, question: Question, position: int) -> Turn:
        """Return a question with its answer, as later questions show it."""
        return self._page(question).answered[position]

    def label(self, position: int) -> str:
        """Return the label of the option at a position."""
        return self._layout.label(position)

    def shown(self, turns: tuple[Turn, ...], question: Question) -> str | tuple[Message, ...]:
        """Return what the model is shown when a question follows everything that was said."""
        return self._prompt(turns, self._page(question))

    def _read_once(self, text: str, question: Question) -> Answer:
        if self._answer_mode == "choice" and text in self._page(question).choices:
            return choose_option(question, self._page(question).choices.index(text))
        return read_reply(text, question, self._layout, self._frame.answer_marker)

    def _prompt(self, turns: tuple[Turn, ...], page: _Page) -> str | tuple[Message, ...]:
        if self._chat:
            return render_messages(turns, page.ask, self._frame.system)
        return render_turns(turns, self._layout) + page.text

    def _ends(self) -> tuple[str, ...]:
        """Return the text at which an answer ends.

        A line that tells to conclude names the words of the conclusion, so where the model goes
        on to write it before a question of its own, that is no conclusion of this answer.
        """
        ends = stop_texts(self._layout)
        if self._frame.answer_marker and self._frame.before:
            return (*ends, f"\n{self._frame.before.format()}")
        return ends

    def _laid_out(self, question: Question) -> _Page:
        written = question.written(self._layout)
        labels = [self._layout.label(i) for i in range(len(question.options))]
        *most, last = labels or [""]
        ask = Ask(
            written,
            before=self._frame.before.format(),
            after=self._after.format(labels=f"{', '.join(most)} or {last}") if labels else "",
        )
        lead = "" if self._chat else " "  # A text goes on with a space.
        return _Page(
            ask,
            render_ask(ask, self._layout),
            choices=tuple(lead + label for label in labels),
            answered=tuple(
                Turn(written, f"{label} {text}")
                for label, text in zip(labels, question.texts, strict=True)
            ),
        )
