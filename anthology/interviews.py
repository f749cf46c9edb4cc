"""Putting multiple-choice questions to a model and reading what it answers."""

from anthology.answers import Answer, read_answer
from anthology.formats import Format
from anthology.models import Request
from anthology.models.asking import ask_model
from anthology.models.identity import ModelIdentity, open_model
from anthology.models.spec import Sampling
from anthology.prompts import SurveyPrompt
from anthology.questions import Question
from anthology.transcripts import Ask, Turn, as_messages, as_text, stops


class Interviewer:
    """Asks one model questions in one layout.

    Parameters
    ----------
    identity
        The model.
    layout
        How questions look.
    frame
        What stands before and after each question.
    sampling
        How answers are drawn.
    """

    def __init__(
        self, identity: ModelIdentity, layout: Format, frame: SurveyPrompt, sampling: Sampling
    ) -> None:
        self._model = open_model(identity)
        self._chat = identity.api == "chat"
        self._layout, self._frame, self._sampling = layout, frame, sampling
        self._stops = () if self._chat else stops(layout)

    async def ask(
        self, turns: tuple[Turn, ...], question: Question, *, draws: int = 1, seed: int
    ) -> tuple[str, ...]:
        """Ask one question after everything that was said, and return the answers' texts."""
        ask = Ask(
            question.written(self._layout),
            before=self._frame.before.format(),
            after=self._frame.after.format(labels=self._labels(question)),
        )
        request = Request(
            prompt=as_messages(turns, ask) if self._chat else as_text(turns, ask, self._layout),
            sampling=self._sampling,
            stop=self._stops,
            draws=draws,
            seed=seed,
        )
        return tuple(draw.text for draw in (await ask_model(self._model, request)).draws)

    def read(self, text: str, question: Question) -> Answer:
        """Read which of a question's options an answer names."""
        return read_answer(text, tuple(option.text for option in question.options), self._layout)

    def said(self, question: Question, position: int) -> Turn:
        """Return a question with its answer, as later questions show it."""
        answer = f"{self._layout.label(position)} {question.options[position].text}"
        return Turn(question.written(self._layout), answer)

    def _labels(self, question: Question) -> str:
        *most, last = [self._layout.label(i) for i in range(len(question.options))]
        return f"{', '.join(most)} or {last}"
