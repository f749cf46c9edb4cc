"""Interviewing one persona: the items of a survey, one after another."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any

import pyarrow as pa

from anthology.config.formats import Format
from anthology.config.model import AnswerMode, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.config.prompts import SurveyPrompt
from anthology.config.stage import Derived, From, StageSettings
from anthology.config.survey import Item
from anthology.errors import DataError
from anthology.interview.answers import Answer, Outcome, choose_option
from anthology.interview.interviewer import Interviewer
from anthology.interview.label_probs import apply_sampling
from anthology.interview.question import DECLINED, Option, Question
from anthology.interview.transcript import Turn
from anthology.models.base import LabelProbs, Message
from anthology.models.session import ModelSession
from anthology.seeds import derive_seed, rng_for
from anthology.survey.codebook import Codebook

_ALL = tuple(Outcome)
OUTCOMES = [outcome.value for outcome in Outcome]


COLUMNS = pa.schema(
    [
        ("respondent", pa.string()),
        ("backstory", pa.int64()),
        ("item", pa.string()),
        ("code", pa.int16()),
        *((outcome, pa.int32()) for outcome in OUTCOMES),
        ("out_of_attempts", pa.bool_()),
        ("reply", pa.string()),
        ("option_probs", pa.list_(pa.float64())),
        ("decline_prob", pa.float64()),
        ("unseen", pa.float64()),
    ]
)
"""The respondent, the number of the story where there is one, the item, and what `Response` holds
of the answer."""


class Settings(StageSettings):
    """What the responses of one condition depend on."""

    seed: Annotated[int, From("seed")]
    survey: Annotated[str, From("{survey}")]
    condition: Annotated[str, From("{condition}")]
    model: Annotated[ModelIdentity, From("models/{model}")]
    items: Annotated[
        list[Item], From("surveys/{survey}.items", "variable codes scale last wording labels")
    ]
    frame: Annotated[SurveyPrompt, Derived("frame")]
    layout: Annotated[Format, From("formats.{questions.format}")]
    require_label: Annotated[bool, From("questions.require_label")]
    decline_option: Annotated[str | None, From("questions.decline_option")]
    series: Annotated[bool, From("questions.series")]
    shuffle_items: Annotated[bool, From("questions.shuffle_items")]
    shuffle_options: Annotated[bool, From("questions.shuffle_options")]
    answer_mode: Annotated[AnswerMode, From("questions.answer_mode")]
    max_attempts: Annotated[int, From("questions.max_attempts")]
    sampling: Annotated[Sampling, From("questions.sampling")]


@dataclass(frozen=True, slots=True)
class Response:
    """What one persona answered to one item.

    Parameters
    ----------
    code
        The survey's code of the option; None where the persona declined or no attempt gave one.
    replies
        The replies, counted by outcome.
    last
        The last reply, as the model wrote it; the label that was drawn, where the
        model gave the labels' probabilities.
    shares
        Those probabilities, in the order of the item's codes.
    decline_prob
        The probability of the option to decline, where there is one.
    """

    code: int | None
    replies: Counter[Outcome]
    last: str
    shares: LabelProbs | None = None
    decline_prob: float | None = None

    @property
    def out_of_attempts(self) -> bool:
        """Whether the persona neither answered nor declined."""
        return not (self.replies[Outcome.VALID] or self.replies[Outcome.DECLINED])

    @property
    def values(self) -> tuple[Any, ...]:
        """The values of its table row, in the order of `COLUMNS`."""
        shares, count = self.shares, self.replies.get
        return (
            self.code,
            *[count(outcome, 0) for outcome in _ALL],
            self.out_of_attempts,
            self.last,
            shares and shares.probs,
            self.decline_prob,
            shares and shares.unseen,
        )


class Interview:
    """Holds interviews on one survey, item after item."""

    def __init__(self, settings: Settings, codebook: Codebook, session: ModelSession) -> None:
        self._settings = settings
        self._interviewer = Interviewer(
            session.model(settings.model),
            settings.model.api,
            settings.layout,
            settings.frame,
            settings.sampling,
            settings.answer_mode,
            require_label=settings.require_label,
        )
        self._questions = {
            item.variable: build_question(item, codebook, settings.decline_option)
            for item in settings.items
        }

    async def hold(self, person: tuple[str, tuple[Turn, ...]]) -> dict[str, Response]:
        """Ask one person all items, and return what was answered to each."""
        respondent, turns = person
        responses = {}
        ask = self._weigh if self._settings.answer_mode == "logprobs" else self._ask
        for variable in self._order(respondent):
            question = self._shown(respondent, variable)
            response, position = await ask(respondent, variable, question, turns)
            responses[variable] = response
            turns = self._after(turns, question, position)
        return responses

    def prompts(
        self, person: tuple[str, tuple[Turn, ...]], codes: Mapping[str, int | None]
    ) -> Iterator[tuple[str, str | tuple[Message, ...]]]:
        """Yield again what one person was shown, item by item in the order they were asked.

        Parameters
        ----------
        person
            As for `hold`.
        codes
            What was answered to each item: the option's code, `DECLINED`, or None for no answer.
        """
        respondent, turns = person
        for variable in self._order(respondent):
            question = self._shown(respondent, variable)
            yield variable, self._interviewer.shown(turns, question)
            known = [option.code for option in question.options]
            code = codes[variable]
            turns = self._after(turns, question, None if code is None else known.index(code))

    def _after(
        self, turns: tuple[Turn, ...], question: Question, position: int | None
    ) -> tuple[Turn, ...]:
        """Return what later items have in sight: where they are a series, a question's answer."""
        if position is None or not self._settings.series:
            return turns
        return (*turns, self._interviewer.answered(question, position))

    async def _ask(
        self, respondent: str, variable: str, question: Question, turns: tuple[Turn, ...]
    ) -> tuple[Response, int | None]:
        """Ask one item until an answer can be read, or the attempts are used up."""
        replies: Counter[Outcome] = Counter()
        text = ""
        for attempt in range(self._settings.max_attempts):
            seed = self._seed(respondent, variable, attempt)
            (text,) = await self._interviewer.ask(turns, question, seed=seed)
            answer = self._interviewer.read(text, question)
            replies[answer.outcome] += 1
            if answer.position is not None:
                return Response(_code(question, answer), replies, text), answer.position
        return Response(None, replies, text), None

    async def _weigh(
        self, respondent: str, variable: str, question: Question, turns: tuple[Turn, ...]
    ) -> tuple[Response, int | None]:
        """Ask how probable each option is, and draw the answer from that."""
        shares = await self._interviewer.weigh(turns, question)
        by_code = dict(zip((o.code for o in question.options), shares.probs, strict=True))
        codes = [option.code for option in self._questions[variable].options]
        odds = apply_sampling([by_code[code] for code in codes], self._settings.sampling)
        decline = by_code.pop(DECLINED, None)
        kept = LabelProbs(tuple(by_code[code] for code in codes if code in by_code), shares.unseen)
        if odds is None:
            return Response(None, Counter({Outcome.UNREADABLE: 1}), "", kept, decline), None
        rng = rng_for(self._seed(respondent, variable, "answer"))
        drawn = codes[int(rng.choice(len(odds), p=odds))]
        position = [option.code for option in question.options].index(drawn)
        answer, label = choose_option(question, position), self._interviewer.label(position)
        replies = Counter({answer.outcome: 1})
        return Response(_code(question, answer), replies, label, kept, decline), position

    def _order(self, respondent: str) -> list[str]:
        variables = list(self._questions)
        if not self._settings.shuffle_items:
            return variables
        # Each item has its own key, so that a further item leaves the order of the others alone.
        return sorted(variables, key=lambda v: self._seed(respondent, v, "place"))

    def _shown(self, respondent: str, variable: str) -> Question:
        question = self._questions[variable]
        if not self._settings.shuffle_options:
            return question
        return question.shuffled(self._seed(respondent, variable, "options"))

    def _seed(self, respondent: str, variable: str, purpose: str | int) -> int:
        survey = self._settings.survey
        return derive_seed(self._settings.seed, "responses", survey, respondent, variable, purpose)


def _code(question: Question, answer: Answer) -> int | None:
    """Return the survey's code of a valid answer."""
    if answer.position is None or answer.outcome is not Outcome.VALID:
        return None
    return question.options[answer.position].code


def check_questions(
    items: Iterable[Item], codebook: Codebook, declines: Iterable[str | None]
) -> None:
    """Refuse items that cannot be put to a persona with each of some options to decline.

    Raises
    ------
    DataError
        If an item has no wording, or such an option of its own.
    """
    for item, decline in product(items, declines):
        build_question(item, codebook, decline)


def build_question(item: Item, codebook: Codebook, decline: str | None) -> Question:
    """Return an item in our own words where the survey's declaration has any, else the file's."""
    entry = codebook.items[item.variable]
    texts = entry.texts | item.labels
    if not (item.wording or entry.wording):
        raise DataError(
            f"{item.variable} has no wording in {codebook.source}",
            where=codebook.survey,
            hint="Give the item a wording in the survey's YAML file.",
        )
    question = Question(
        item.wording or entry.wording,
        tuple(Option(code, texts[code]) for code in item.codes),
        ordinal=item.scale == "ordinal",
        last=frozenset(item.last),
    )
    if not decline:
        return question
    if decline.casefold() in (option.text.casefold() for option in question.options):
        raise DataError(
            f"{item.variable} has an option {decline!r} of its own",
            where=codebook.survey,
            hint="Give `decline_option` other words, or null.",
        )
    return question.declinable(decline)
