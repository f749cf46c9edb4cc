"""The explorer stage: a page that shows single respondents, backstories, prompts and answers."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from anthology.analysis.groups import BoolArray
from anthology.analysis.load import AnswerSettings, Respondents, load_respondents
from anthology.analysis.load import load_personas as answers_of
from anthology.config.stage import Derived, From
from anthology.errors import DataError
from anthology.explorer.backstories import Backstories, trait_distributions
from anthology.explorer.conditions import answer_columns, build_condition, read_personas
from anthology.explorer.page import build_page
from anthology.explorer.replay import read_interview_settings
from anthology.explorer.text_table import TextTable
from anthology.explorer.wording import item_texts, respondent_trait_texts
from anthology.interview.answers import Outcome
from anthology.io.parquet import write_text
from anthology.models.progress import Progress
from anthology.models.usage import Usage
from anthology.seeds import derive_seed
from anthology.survey.codebook import Codebook


class Settings(AnswerSettings):
    """What the page of one survey depends on."""

    labels: Annotated[dict[str, dict[int, str]], Derived("trait_labels")]
    """Our own words for categories of respondents' traits."""
    matchings: Annotated[dict[str, str], Derived("matching_of")]
    """Of conditions with matched stories, which matching."""
    seed: Annotated[int, From("seed")]
    """Decides who is drawn."""
    respondents: Annotated[int | None, From("explorer.respondents")]
    """How many respondents are shown at most; None for all."""


def run(
    settings: Settings,
    *,
    humans: Path,
    codebook: Path,
    personas: list[Path],
    responses: list[Path],
    backstories: Path | None = None,
    traits: Path | None = None,
    output: Path,
) -> None:
    """Write the page.

    Parameters
    ----------
    settings
        What is shown.
    humans, codebook
        The respondents, and the survey's words.
    personas
        One file for each condition, named after it.
    responses
        One file for each model and condition, in any order; each says itself which.
    backstories, traits
        Natural stories and what they say of who they are, where a condition has any.
    output
        Where the page goes.

    Raises
    ------
    DataError
        As `anthology.analysis.load`; or if a condition's personas are missing.
    """
    blocks = collect_blocks(settings, humans, codebook, personas, responses, backstories, traits)
    text = build_page(f"Persona explorer: {settings.survey}", blocks)
    write_text(output, text)
    print(
        f"{settings.survey}: {len(settings.rows)} conditions, "
        f"{len(blocks['texts'])} different texts, {len(text.encode()) / 1e6:.1f} MB",
        file=sys.stderr,
    )


def collect_blocks(
    settings: Settings,
    humans: Path,
    codebook: Path,
    made: list[Path],
    responses: list[Path],
    backstories: Path | None,
    traits: Path | None,
) -> dict[str, Any]:
    """Return what the page shows, by the name of the block that holds it; files as for `run`."""
    everyone, book, texts = load_respondents(settings, humans), Codebook.load(codebook), TextTable()
    chosen = _drawn(everyone, settings)
    found = everyone.select(chosen)
    natural = Backstories.read(backstories) if backstories else None
    block = natural.build_block(texts) if natural else None
    known = natural.answers() if natural else {}
    answered = [one.select(chosen) for one in answers_of(settings, everyone, responses)]
    files = {path.stem: path for path in made}
    for one in answered:
        if one.condition not in files:
            raise DataError(f"the personas of the condition {one.condition} are missing")
    progress = Progress("explorer", len(answered) * len(found.ids), Usage())
    parts = [
        build_condition(
            found, one, read_personas(files[one.condition], found.ids), known, book, texts, progress
        )
        for one in answered
    ]
    progress.close()
    shown = respondent_trait_texts(book, settings.labels)
    study = {
        "survey": settings.survey,
        "source": _source(found, everyone),
        "outcomes": [outcome.value for outcome in Outcome],
        "traits": [asdict(one) for one in shown],
        "items": [
            asdict(one) for one in item_texts(read_interview_settings(answered[0].path).items, book)
        ],
        "ids": found.ids.to_pylist(),
        "trait_values": [
            answer_columns(
                found.trait(one.name, [code for code, _ in book.traits[one.name].options])
            )
            for one in shown
        ],
        "positions": answer_columns(found.positions),
        "conditions": [
            {**summary, "matching": settings.matchings.get(summary["name"])} for summary, _ in parts
        ],
    }
    return {
        "study": study,
        **{f"condition-{i}": details for i, (_, details) in enumerate(parts)},
        "stories": block and traits and {**block, **trait_distributions(traits, block["numbers"])},
        "texts": texts.all(),
    }


def _drawn(everyone: Respondents, settings: Settings) -> BoolArray:
    """Return who is shown. Who is among so many is among any more, too."""
    ids = everyone.ids.to_pylist()
    order = sorted(
        range(len(ids)), key=lambda row: derive_seed(settings.seed, "explorer", ids[row])
    )
    chosen = np.zeros(len(ids), dtype=np.bool_)
    chosen[order[: settings.respondents]] = True
    return chosen


def _source(found: Respondents, everyone: Respondents) -> str:
    """Say where the people come from, and whether they are all that there are."""
    shown, there = len(found.ids), len(everyone.ids)
    drawn = f" ({shown:,} of {there:,}, drawn at random)" if shown < there else ""
    return f"{found.source}{drawn}"
