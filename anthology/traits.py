"""The traits stage: each natural backstory is asked who it is.

Per trait a reader first looks whether the story states it. Where it does not,
the survey model continues "story + question" many times, and the answers make
the story's distribution over the options. Answers that decline and answers
that cannot be read are counted apart and are no part of the distribution.

A question may be put without options: then answers are read by rule where they
can be, and a coder says which option the others come to. A trait may have steps,
further questions that each group of answers is asked on its own.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from anthology.artifacts import facts as facts_of
from anthology.artifacts import read_table, write_table, write_text
from anthology.fieldwork import Fieldwork
from anthology.routes import COLUMNS, Distribution, route_rows
from anthology.tables import as_csv
from anthology.traitsurvey import Settings, TraitSurvey


def run(
    settings: Settings, *, backstories: Path, output: Path, routes: Path, fieldwork: Fieldwork
) -> None:
    """Ask every story about every trait.

    Parameters
    ----------
    settings
        What is asked, and how.
    backstories
        The stories.
    output
        Where the distributions go: for each trait how often each option was answered,
        whether it was stated, and what named no option; the same for each step.
    routes
        Where a table of how answers were settled goes.
    fieldwork
        Where models are asked.
    """
    table = read_table(backstories, ["backstory", "text", "answers"])
    stories = list(zip(*(table[name].to_pylist() for name in table.column_names), strict=True))
    survey = TraitSurvey(settings, fieldwork)
    rows = fieldwork.run(
        survey.ask, stories, label="traits", name=lambda story: f"backstory {story[0]}"
    )
    questions = survey.questions
    found = {name: [row[name] for row in rows] for name in questions}
    columns = {"backstory": table["backstory"]}
    for name, distributions in found.items():
        columns |= _columns(name, distributions, step=name not in settings.traits)
    models = (settings.model, settings.reader_model, settings.coder_model)
    facts = {
        "source": facts_of(backstories)["source"],
        "traits": " + ".join(sorted({fieldwork.source(m) for m in models if m is not None})),
        "options": {name: asked.declared.ids for name, asked in questions.items()},
    }
    write_table(output, pa.table(columns), stage="traits", settings=settings, facts=facts)
    write_text(routes, as_csv(COLUMNS, route_rows(found)))
    _report(found)


def _columns(name: str, found: Sequence[Distribution], *, step: bool) -> dict[str, pa.Array]:
    """Return the columns that hold what stories answered to one question."""
    columns = {name: pa.array([f.counts for f in found], pa.list_(pa.float32()))}
    if not step:
        columns[f"{name}:stated"] = pa.array([f.stated for f in found], pa.bool_())
    for rest in ("declined", "unreadable", "unseen"):
        columns[f"{name}:{rest}"] = pa.array([getattr(f, rest) for f in found], pa.float32())
    return columns


def _report(found: Mapping[str, Sequence[Distribution]]) -> None:
    for name, distributions in found.items():
        stated = sum(d.stated for d in distributions)
        silent = sum(not any(d.counts) for d in distributions)
        print(f"{name}: {stated} stated, {silent} without a readable answer", file=sys.stderr)
