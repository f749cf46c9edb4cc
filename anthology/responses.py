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
from anthology.flow import run_all
from anthology.formats import Format
from anthology.interviews import Interviewer
from anthology.models.identity import ModelIdentity
from anthology.models.spec import Sampling
from anthology.prompts import SurveyPrompt
from anthology.questions import Option, Question
from anthology.randomness import derive, generator
from anthology.stages import StageSettings
from anthology.surveys import Item
from anthology.transcripts import Turn, from_rows


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
        The last reply, as the model wrote it.
    """

    code: int | None
    replies: Counter[Outcome]
    last: str


def run(
    settings: Settings, *, personas: Path, codebook: Path, output: Path, in_flight: int
) -> None:
    """Ask every persona every item."""
    table = read_table(personas)
    names = table["respondent"].to_pylist()
    people = list(zip(names, map(from_rows, table["turns"].to_pylist()), strict=True))
    interview = _Interview(settings, Codebook.load(codebook))
    answered = run_all(interview.hold, people, in_flight=in_flight, label="responses")
    rows = [row[item.variable] for row in answered for item in settings.items]
    each = len(settings.items)
    result = pa.table(
        {
            "respondent": pa.array(np.repeat(names, each).tolist(), pa.string()),
            "backstory": table["backstory"].take(np.repeat(np.arange(len(names)), each)),
            "item": pa.array([i.variable for i in settings.items] * len(names), pa.string()),
            "code": pa.array([row.code for row in rows], pa.int16()),
            **{
                outcome.value: pa.array([row.replies[outcome] for row in rows], pa.int32())
                for outcome in Outcome
            },
            "out_of_tries": pa.array([row.code is None for row in rows], pa.bool_()),
            "reply": pa.array([row.last for row in rows], pa.string()),
        }
    )
    made_from = facts_of(personas)
    facts = {
        "survey": settings.survey,
        "model": settings.model.name,
        "condition": settings.condition,
        "answers": settings.model.source,
        "stories": made_from["stories"],
        "traits": made_from["traits"],
    }
    write_table(output, result, stage="responses", settings=settings, facts=facts)
    _report(rows)


class _Interview:
    """Holds interviews on one survey, item after item."""

    def __init__(self, settings: Settings, codebook: Codebook) -> None:
        self._settings = settings
        self._interviewer = Interviewer(
            settings.model, settings.layout, settings.frame, settings.sampling
        )
        self._questions = {item.variable: _question(item, codebook) for item in settings.items}

    async def hold(self, person: tuple[str, tuple[Turn, ...]]) -> dict[str, Response]:
        respondent, turns = person
        responses = {}
        for variable in self._order(respondent):
            question = self._shown(respondent, variable)
            response, position = await self._ask(respondent, variable, question, turns)
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
        return question.shuffled(generator(self._seed(respondent, variable, "options")))

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


def _report(rows: list[Response]) -> None:
    asked, replies = len(rows), sum((row.replies for row in rows), Counter[Outcome]())
    unanswered = sum(row.code is None for row in rows)
    counts = ", ".join(f"{replies[outcome]} {outcome}" for outcome in Outcome)
    print(
        f"{asked} questions, {replies.total()} replies ({counts}), {unanswered} out of tries",
        file=sys.stderr,
    )
