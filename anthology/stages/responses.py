"""The responses stage: the personas of one condition take the survey."""

import sys
from pathlib import Path

import pyarrow.compute as pc

from anthology.interview.survey_interview import COLUMNS, OUTCOMES, Interview, Response, Settings
from anthology.interview.transcript import Turn, turns_from_rows
from anthology.io.parquet import open_writer, read_metadata, read_rows, read_table
from anthology.io.shards import join_shards
from anthology.models.session import ModelSession
from anthology.survey.codebook import Codebook


def run(
    settings: Settings, *, personas: Path, codebook: Path, output: Path, session: ModelSession
) -> None:
    """Ask every persona every item, in the order in which personas are stored."""
    if session.shards:
        join_shards(session.shards, output, stage="responses", settings=settings)
    else:
        _ask(settings, personas, Codebook.load(codebook), output, session)
    counted = read_table(output, [*OUTCOMES, "out_of_attempts"])
    totals = {outcome: pc.sum(counted[outcome]).as_py() or 0 for outcome in OUTCOMES}
    listed = ", ".join(f"{count} {outcome}" for outcome, count in totals.items())
    print(
        f"{len(counted)} questions, {sum(totals.values())} replies ({listed}), "
        f"{pc.sum(counted['out_of_attempts']).as_py() or 0} out of attempts",
        file=sys.stderr,
    )


def _ask(
    settings: Settings, personas: Path, codebook: Codebook, output: Path, session: ModelSession
) -> None:
    """Ask one part of the personas, or all, and write each one's answers as they come."""
    interview = Interview(settings, codebook, session)
    # A server that remembers how prompts begin reads a story once if its personas stay together.
    stories = read_table(personas, ["backstory"])["backstory"].to_numpy()
    span = session.shard.span_by_key(stories)
    people = (
        (respondent, story, turns_from_rows(turns))
        for respondent, story, turns in read_rows(
            personas, ["respondent", "backstory", "turns"], span
        )
    )
    made_from = read_metadata(personas)
    with open_writer(output, COLUMNS, stage="responses", settings=settings) as sheet:

        def keep(
            person: tuple[str, int | None, tuple[Turn, ...]], held: dict[str, Response]
        ) -> None:
            for item in settings.items:
                sheet.add(*person[:2], item.variable, *held[item.variable].values)

        session.run(
            lambda person: interview.hold((person[0], person[2])),
            people,
            keep,
            total=len(span),
            label="responses",
            name=lambda person: f"respondent {person[0]}",
        )
        sheet.metadata = {
            "survey": settings.survey,
            "model": settings.model.name,
            "condition": settings.condition,
            "answers": session.source(settings.model),
            "backstories": made_from["backstories"],
            "traits": made_from["traits"],
        }
