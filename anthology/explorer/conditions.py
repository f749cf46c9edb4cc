"""One condition's personas, prompts and answers, in the form that the page reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anthology.analysis.groups import IntArray
from anthology.analysis.load import PersonaAnswers, Respondents
from anthology.analysis.response_rows import RowIndex
from anthology.errors import DataError
from anthology.explorer.backstories import round_number
from anthology.explorer.replay import PromptReplay, read_interview_settings
from anthology.explorer.text_table import TextTable
from anthology.interview.answers import Outcome
from anthology.interview.question import DECLINED
from anthology.interview.transcript import Turn, turns_from_rows
from anthology.io.parquet import open_parquet
from anthology.models.progress import Progress
from anthology.stories.table import join_answers
from anthology.survey.codebook import Codebook
from anthology.survey.respondents import Positions


@dataclass(frozen=True, slots=True)
class Persona:
    """One respondent's persona.

    Parameters
    ----------
    number, similarity
        Of its story; None where it has none, or where it was not matched.
    turns
        What it is made of.
    """

    number: int | None
    similarity: float | None
    turns: tuple[Turn, ...]

    def story(self, natural: Mapping[int, list[str]]) -> list[str]:
        """Return the parts of its story, a natural one or one written for the respondent."""
        if self.number is None:
            return []
        if self.similarity is not None:
            return natural[self.number]
        first = self.turns[0]
        return [first.question if first.answer is None else first.answer]


def read_personas(path: Path, ids: pa.Array) -> dict[str, Persona]:
    """Read the personas of some people in a condition, by their respondents."""
    table = _rows_of(path, ids, ["respondent", "backstory", "similarity", "turns"])
    rows = zip(*(table[name].to_pylist() for name in table.column_names), strict=True)
    return {
        who: Persona(number, alike, turns_from_rows(turns)) for who, number, alike, turns in rows
    }


def build_condition(
    people: Respondents,
    found: PersonaAnswers,
    made: Mapping[str, Persona],
    natural: Mapping[int, list[str]],
    codebook: Codebook,
    texts: TextTable,
    progress: Progress,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a condition's summary, which lists need, and its details, which one persona needs.

    Parameters
    ----------
    people
        The respondents.
    found
        What their personas answered.
    made
        The personas.
    natural
        The answers that make up each natural story.
    codebook
        The survey's words.
    texts
        Where texts are kept.
    progress
        Advances with each persona.

    Raises
    ------
    DataError
        If a respondent answered without a persona, or with a story that is not there.
    """
    asking = read_interview_settings(found.path)
    names = [item.variable for item in asking.items]
    table = _rows_of(found.path, people.ids)
    places = np.full(found.positions.shape, -1)
    places[RowIndex.build(people.ids, names).locate(table, found.path)] = np.arange(len(table))
    given = _given(table, places)
    prompts = PromptReplay(asking, codebook, texts)
    ids = people.ids.to_pylist()
    shown: list[list[list[int]] | None] = []
    stories: list[list[int] | None] = []
    for row, who in enumerate(ids):
        progress.step()
        if not found.present[row]:
            shown.append(None)
            stories.append(None)
            continue
        persona = _persona(who, made, natural, found)
        story = persona.story(natural)
        shown.append(
            prompts.of(who, persona.turns, story, dict(zip(names, given[row], strict=True)))
        )
        stories.append(texts.pieces(join_answers(story), story) if story else None)
    kept = [made.get(who, Persona(None, None, ())) for who in ids]
    alike = [one.similarity for one in kept]
    summary = {
        "model": found.model,
        "name": found.condition,
        **{key: found.metadata[key] for key in ("backstories", "traits", "answers")},
        "numbers": [one.number for one in kept],
        "similarity": [None if a is None else float(f"{a:.4g}") for a in alike],
        "story": stories,
        "present": found.present.tolist(),
        "positions": answer_columns(found.positions),
    }
    return summary, {"shown": shown, **_replies(table, places, texts)}


def _rows_of(path: Path, ids: pa.Array, columns: list[str] | None = None) -> pa.Table:
    """Read the rows of some people, in the file's order."""
    with open_parquet(path) as file:
        known = file.schema_arrow
        kept = [
            batch.filter(pc.is_in(batch["respondent"], value_set=ids))
            for batch in file.iter_batches(columns=columns)
        ]
    return pa.Table.from_batches(kept, pa.schema([known.field(n) for n in columns or known.names]))


def answer_columns(positions: Positions) -> list[Any]:
    """Return for each item, or for one, everyone's place among its options from 0, -1 for none."""
    places: list[Any] = (positions.T - 1).tolist()
    return places


def _persona(
    who: str, made: Mapping[str, Persona], natural: Mapping[int, list[str]], found: PersonaAnswers
) -> Persona:
    if who not in made:
        raise DataError(f"has answers of {who}, who has no persona", where=str(found.path))
    persona = made[who]
    if persona.similarity is not None and persona.number not in natural:
        raise DataError(
            f"{who} has story {persona.number}, which is not there", where=found.condition
        )
    return persona


def _given(table: pa.Table, places: IntArray) -> list[list[int | None]]:
    """Return for each person and item the code that was answered, declining included."""
    codes = table["code"].to_pylist()
    declined = table[Outcome.DECLINED.value].to_pylist()
    answers = [DECLINED if no else code for code, no in zip(codes, declined, strict=True)]
    return [[None if place < 0 else answers[place] for place in row] for row in places.tolist()]


def _replies(table: pa.Table, places: IntArray, texts: TextTable) -> dict[str, Any]:
    """Return what became of the replies to each item, by item and person."""
    counts = np.stack([table[outcome.value].to_numpy() for outcome in Outcome], axis=1)
    kinds, kind = np.unique(counts, axis=0, return_inverse=True)
    last = [texts.place(reply or "") for reply in table["reply"].to_pylist()]
    shares = table["option_probs"].to_pylist()

    def by_item(values: Sequence[Any]) -> list[list[Any]]:
        return [[None if p < 0 else values[p] for p in column] for column in places.T.tolist()]

    probable = [s and [round_number(share, 3) for share in s] for s in shares]
    return {
        "outcomes": kinds.tolist(),
        "outcome": by_item(kind.reshape(-1).tolist()),
        "last": by_item(last),
        "shares": by_item(probable) if any(probable) else None,
    }
