"""The responses stage: the personas of one condition take the survey."""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from anthology.answers import Outcome
from anthology.artifacts import facts as facts_of
from anthology.artifacts import read_table, write_table
from anthology.codebook import Codebook
from anthology.errors import DataError
from anthology.fieldwork import Fieldwork
from anthology.formats import Format
from anthology.interviews import Interviewer
from anthology.likelihood import tempered
from anthology.models import Shares
from anthology.models.identity import ModelIdentity
from anthology.models.spec import Asking, Sampling
from anthology.prompts import SurveyPrompt
from anthology.questions import Option, Question
from anthology.randomness import derive, generator
from anthology.stages import StageSettings
from anthology.surveys import Item
from anthology.transcripts import Turn, from_rows

_SHARES = pa.list_(pa.float64())


class Settings(StageSettings):
    """What the responses of one condition depend on."""

    seed: int
    survey: str
    condition: str
    model: ModelIdentity
    items: list[Item]
    frame: SurveyPrompt
    layout: Format
    series: bool
    shuffle_items: bool
    shuffle_options: bool
    asking: Asking
    tries: int
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Response:
    """What one persona answered to one item.

    Parameters
    ----------
    code
        The survey's code of the option, or None where no try gave one.
    replies
        The tries, counted by what became of them.
    last
        The last reply, as the model wrote it; the label that was drawn, where the
        model told the labels' probabilities.
    shares
        Those probabilities, in the order of the item's codes.
    """

    code: int | None
    replies: Counter[Outcome]
    last: str
    shares: Shares | None = None


def run(
    settings: Settings, *, personas: Path, codebook: Path, output: Path, fieldwork: Fieldwork
) -> None:
    """Ask every persona every item."""
    table = read_table(personas)
    names = table["respondent"].to_pylist()
    stories = table["backstory"].to_pylist()
    # A server that remembers how prompts begin reads a story once if its personas come together.
    order = sorted(range(len(names)), key=lambda i: -1 if stories[i] is None else stories[i])
    interview = _Interview(settings, Codebook.load(codebook), fieldwork)
    people = list(zip(names, map(from_rows, table["turns"].to_pylist()), strict=True))
    held = fieldwork.run(
        interview.hold,
        [people[i] for i in order],
        label="responses",
        name=lambda person: f"respondent {person[0]}",
    )
    answered = dict(zip(order, held, strict=True))
    rows = [answered[i][item.variable] for i in range(len(names)) for item in settings.items]
    each = len(settings.items)
    counts = {o.value: [row.replies.get(o, 0) for row in rows] for o in Outcome}
    result = pa.table(
        {
            "respondent": pa.array(np.repeat(names, each).tolist(), pa.string()),
            "backstory": table["backstory"].take(np.repeat(np.arange(len(names)), each)),
            "item": pa.array([i.variable for i in settings.items] * len(names), pa.string()),
            "code": pa.array([row.code for row in rows], pa.int16()),
            **{outcome: pa.array(found, pa.int32()) for outcome, found in counts.items()},
            "out_of_tries": pa.array([row.code is None for row in rows], pa.bool_()),
            "reply": pa.array([row.last for row in rows], pa.string()),
            "shares": pa.array([row.shares and row.shares.choices for row in rows], _SHARES),
            "unseen": pa.array([row.shares and row.shares.unseen for row in rows], pa.float64()),
        }
    )
    made_from = facts_of(personas)
    facts = {
        "survey": settings.survey,
        "model": settings.model.name,
        "condition": settings.condition,
        "answers": fieldwork.source(settings.model),
        "stories": made_from["stories"],
        "traits": made_from["traits"],
    }
    write_table(output, result, stage="responses", settings=settings, facts=facts)
    totals = {outcome: sum(found) for outcome, found in counts.items()}
    listed = ", ".join(f"{count} {outcome}" for outcome, count in totals.items())
    print(
        f"{len(rows)} questions, {sum(totals.values())} replies ({listed}), "
        f"{sum(row.code is None for row in rows)} out of tries",
        file=sys.stderr,
    )


class _Interview:
    """Holds interviews on one survey, item after item."""

    def __init__(self, settings: Settings, codebook: Codebook, fieldwork: Fieldwork) -> None:
        self._settings = settings
        self._interviewer = Interviewer(
            fieldwork.model(settings.model),
            settings.model.api,
            settings.layout,
            settings.frame,
            settings.sampling,
            settings.asking,
        )
        self._questions = {item.variable: _question(item, codebook) for item in settings.items}

    async def hold(self, person: tuple[str, tuple[Turn, ...]]) -> dict[str, Response]:
        """Ask one person all items, and return what was answered to each."""
        respondent, turns = person
        responses = {}
        ask = self._weigh if self._settings.asking == "logprobs" else self._ask
        for variable in self._order(respondent):
            question = self._shown(respondent, variable)
            response, position = await ask(respondent, variable, question, turns)
            responses[variable] = response
            if self._settings.series and position is not None:
                turns = (*turns, self._interviewer.said(question, position))
        return responses

    async def _ask(
        self, respondent: str, variable: str, question: Question, turns: tuple[Turn, ...]
    ) -> tuple[Response, int | None]:
        """Ask one item until an answer can be read, or the tries are used up."""
        replies: Counter[Outcome] = Counter()
        text = ""
        for attempt in range(self._settings.tries):
            seed = self._seed(respondent, variable, attempt)
            (text,) = await self._interviewer.ask(turns, question, seed=seed)
            answer = self._interviewer.read(text, question)
            replies[answer.outcome] += 1
            if answer.position is not None:
                code = question.options[answer.position].code
                return Response(code, replies, text), answer.position
        return Response(None, replies, text), None

    async def _weigh(
        self, respondent: str, variable: str, question: Question, turns: tuple[Turn, ...]
    ) -> tuple[Response, int | None]:
        """Ask how probable each option is, and draw the answer from that."""
        shares = await self._interviewer.weigh(turns, question)
        by_code = dict(zip((o.code for o in question.options), shares.choices, strict=True))
        codes = [option.code for option in self._questions[variable].options]
        kept = Shares(tuple(by_code[code] for code in codes), shares.unseen)
        odds = tempered(kept.choices, self._settings.sampling)
        if odds is None:
            return Response(None, Counter({Outcome.UNREADABLE: 1}), "", kept), None
        rng = generator(self._seed(respondent, variable, "answer"))
        code = codes[int(rng.choice(len(odds), p=odds))]
        position = [option.code for option in question.options].index(code)
        label = self._interviewer.label(position)
        return Response(code, Counter({Outcome.VALID: 1}), label, kept), position

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
        return derive(self._settings.seed, "responses", survey, respondent, variable, purpose)


def _question(item: Item, codebook: Codebook) -> Question:
    """Return an item in our own words where the survey's declaration has any, else the file's."""
    entry = codebook.items[item.variable]
    texts = entry.texts | item.labels
    if not (item.wording or entry.wording):
        raise DataError(
            f"{item.variable} has no wording in {codebook.source}",
            where=codebook.survey,
            hint="Give the item a wording in the survey's YAML file.",
        )
    return Question(
        item.wording or entry.wording,
        tuple(Option(code, texts[code]) for code in item.codes),
        ordinal=item.scale == "ordinal",
        last=frozenset(item.last),
    )
