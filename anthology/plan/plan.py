"""The cost estimate: what an experiment will ask of paid models, before anything is sent.

The whole experiment is rehearsed in a temporary folder: what the journal has is
taken from there, every other question is answered by a stand-in, at the first try
and at the longest length that the configuration allows, and every story is kept. So
the figures count nothing that has to be asked or written again.
"""

import csv
import inspect
import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib import import_module
from math import isnan, nan
from pathlib import Path
from string import Formatter
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from anthology.config.experiment import SIMULATED
from anthology.config.filters import Filter
from anthology.config.model_identity import ModelIdentity
from anthology.io.tables import align_columns
from anthology.models.registry import capabilities
from anthology.plan.dry_run import Archive, Part, Rehearsal
from anthology.records import merge_json
from anthology.study.settings import settings
from anthology.study.study import Study

_ORDER = ("backstories", "perplexity", "traits", "primed", "responses")
_NONE: Mapping[str, str] = {}
_CAVEAT = """\
Every question is taken to be answered at the first attempt and at the longest length allowed, and
every story to be kept, and to take part until it has been asked who it is (filters.backstories); a
token is taken to be four characters. What has to be asked or written again comes on top, and so do
a second look at labels that take several tokens (answer_mode: logprobs), free answers beyond the
first that only a model can read (traits.coder), and steps of a trait that follow on other options
than the first (traits.variants)."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one stage asks of one model.

    Parameters
    ----------
    stage, survey, condition
        Where in the experiment; empty where a stage belongs to none.
    model
        The model's name.
    requests
        How many requests the stage makes.
    from_journal
        How many of them were answered before.
    to_send
        How many are left.
    prompt_tokens, completion_tokens
        What those read, at four characters a token, and write, at most.
    dollars
        What they cost at most; NaN where the model's file has no price.
    """

    stage: str
    survey: str
    condition: str
    model: str
    requests: int
    from_journal: int
    to_send: int
    prompt_tokens: int
    completion_tokens: int
    dollars: float


def plan(study: Study, archive: Archive, report: Callable[[str], None]) -> list[Line]:
    """Estimate what an experiment asks, by a dry run of its stages.

    Parameters
    ----------
    study
        The experiment.
    archive
        What was answered before; it remembers what of that is needed.
    report
        Called with the name of each part before it is rehearsed.
    """
    with TemporaryDirectory() as folder:
        return _Stages(study, Path(folder), archive, report).lines()


def total(lines: list[Line]) -> Line:
    """Return the sum of some lines."""
    sums = {f.name: sum(getattr(line, f.name) for line in lines) for f in fields(Line)[4:-1]}
    dollars = sum(line.dollars for line in lines if not isnan(line.dollars))
    return Line("total", "", "", "", **sums, dollars=dollars)


def as_csv(lines: list[Line]) -> str:
    """Format lines, and their total, as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [f.name for f in fields(Line)], lineterminator="\n")
    writer.writeheader()
    for line in [*lines, total(lines)]:
        dollars = "" if isnan(line.dollars) else f"{line.dollars:.2f}"
        writer.writerow({**asdict(line), "dollars": dollars})
    return text.getvalue()


def as_text(lines: list[Line]) -> str:
    """Format lines, and their total, as a table."""
    if not lines:
        return "Nothing to send: no model of the experiment costs anything."
    rows = [
        [
            *(line.stage, line.survey, line.condition, line.model),
            *(f"{line.requests:,}", f"{line.from_journal:,}", f"{line.to_send:,}"),
            *(f"{line.prompt_tokens:,}", f"{line.completion_tokens:,}"),
            "no price" if isnan(line.dollars) else f"${line.dollars:,.2f}",
        ]
        for line in [*lines, total(lines)]
    ]
    head = [f.name.replace("_", " ") for f in fields(Line)]
    return f"{align_columns(head, rows)}\n{_CAVEAT}"


class _Stages:
    """Dry-runs an experiment's stages, each at most once, after those that it builds on."""

    def __init__(
        self, study: Study, folder: Path, archive: Archive, report: Callable[[str], None]
    ) -> None:
        self._study, self._folder, self._archive, self._report = study, folder, archive, report
        self._lines: list[Line] = []
        self._humans, self._matches = cache(self._find_humans), cache(self._match)
        self._natural, self._traits = cache(self._find_stories), cache(self._ask_traits)
        self._primed, self._personas = cache(self._write_primed), cache(self._build_personas)

    def lines(self) -> list[Line]:
        """Dry-run every paid stage, and what it builds on."""
        study = self._study
        conditions = {study.condition(name) for _, name in study.rows()}
        if any(condition.persona == "matched" for condition in conditions):
            if study.stories_file is None and self._paid("backstories"):
                self._natural()
            if self._paid("traits"):
                self._traits()
        for scorer in study.experiment.backstories.perplexity if study.matchings() else []:
            if self._paid("perplexity", scorer=scorer):
                self._score(scorer)
        for survey in study.experiment.surveys:
            for model, condition in study.rows():
                known = study.condition(condition)
                if known.persona == "primed" and self._paid("primed", survey, style=known.style):
                    self._primed(survey, str(known.style))
                if self._paid("responses", survey, model=model, condition=condition):
                    self._respond(survey, model, condition)
        return sorted(self._lines, key=lambda line: _ORDER.index(line.stage))

    def _find_humans(self, survey: str) -> tuple[Path, Path]:
        people = self._study.people(survey)
        if people == SIMULATED:
            people = str(self._path(survey, "population.sav"))
            self._run("population", survey, output=Path(people))
        humans, codebook = self._path(survey, "humans"), self._path(survey, "codebook")
        self._run("humans", survey, sav=Path(people), humans=humans, codebook=codebook)
        return humans, codebook

    def _find_stories(self) -> Path:
        output, file = self._path("natural"), self._study.stories_file
        if file is None:
            self._run("backstories", output=output)
        else:
            self._run("released", stories=Path(file), output=output)
        return output

    def _score(self, scorer: str) -> None:
        files = {"backstories": self._natural(), "output": self._path("perplexity", scorer)}
        self._run("perplexity", "", {"scorer": scorer}, **files)

    def _ask_traits(self) -> Path:
        output, sources = self._path("traits"), self._path("sources")
        self._run("traits", backstories=self._natural(), output=output, sources=sources)
        return output

    def _write_primed(self, survey: str, style: str) -> Path:
        humans, codebook = self._humans(survey)
        output = self._path(survey, f"primed_{style}")
        files = {"humans": humans, "codebook": codebook, "output": output}
        self._run("primed", survey, named={"style": style}, **files)
        return output

    def _match(self, survey: str, matching: str) -> Path:
        humans, _ = self._humans(survey)
        output = self._path(survey, f"matches_{matching}")
        files = {"humans": humans, "traits": self._traits(), "output": output}
        chosen = self._settings("matches", survey, {"matching": matching})
        if any(line.to_send for line in self._lines if line.stage in ("backstories", "traits")):
            # What is made up about stories tells nothing of whom a filter will leave.
            chosen = chosen.model_copy(update={"backstories": Filter()})
        self._run("matches", survey, named={"matching": matching}, chosen=chosen, **files)
        return output

    def _build_personas(self, survey: str, condition: str) -> Path:
        humans, codebook = self._humans(survey)
        known = self._study.condition(condition)
        output = self._path(survey, f"personas_{condition}")
        files = {"humans": humans, "codebook": codebook, "output": output}
        if known.persona == "primed":
            files["backstories"] = self._primed(survey, str(known.style))
        elif known.persona == "matched":
            files["backstories"] = self._natural()
            files["matches"] = self._matches(survey, str(known.matching))
        self._run("personas", survey, named={"condition": condition}, **files)
        return output

    def _respond(self, survey: str, model: str, condition: str) -> None:
        _, codebook = self._humans(survey)
        personas = self._personas(survey, condition)
        output = self._path(survey, model, condition)
        files = {"personas": personas, "codebook": codebook, "output": output}
        self._run("responses", survey, named={"model": model, "condition": condition}, **files)

    def _path(self, *parts: str) -> Path:
        return self._folder.joinpath(*parts)

    def _settings(self, stage: str, survey: str, named: Mapping[str, str]) -> Any:
        wildcards = SimpleNamespace(survey=survey, **named)
        parts = merge_json(setting(wildcards) for setting in settings(self._study, stage).values())
        return import_module(f"anthology.stages.{stage}").Settings.model_validate(parts)

    def _paid(self, stage: str, survey: str = "", **named: str | None) -> bool:
        """Return whether a stage asks any paid model."""
        chosen = self._settings(stage, survey, {k: str(v) for k, v in named.items()})
        models = [value for _, value in chosen if isinstance(value, ModelIdentity)]
        return any(capabilities(model).paid for model in models)

    def _run(
        self,
        stage: str,
        survey: str = "",
        named: Mapping[str, str] = _NONE,
        chosen: Any = None,
        **files: Path,
    ) -> None:
        """Rehearse one stage and note what it asked; `chosen` replaces its own settings."""
        chosen = self._settings(stage, survey, named) if chosen is None else chosen
        module = import_module(f"anthology.stages.{stage}")
        self._report(" ".join(filter(None, (stage, survey, *named.values()))))
        if "session" not in inspect.signature(module.run).parameters:
            with redirect_stderr(io.StringIO()):
                module.run(chosen, **files)
            return
        models = self._study.catalogue.root / "models"
        least = chosen.keep.min_words if hasattr(chosen, "keep") else 0
        marker = chosen.frame.answer_marker if hasattr(chosen, "frame") else ""
        rehearsal = Rehearsal(models, self._archive, _parts(chosen), least, marker)
        with redirect_stderr(io.StringIO()):
            module.run(chosen, **files, session=rehearsal)
        condition = named.get("condition") or named.get("style") or ""
        self._lines += [
            Line(
                *(stage, survey, condition, name),
                requests=meter.requests + meter.hits,
                from_journal=meter.hits,
                to_send=meter.requests,
                prompt_tokens=meter.prompt_tokens,
                completion_tokens=meter.completion_tokens,
                dollars=nan if self._study.model(name).price is None else meter.dollars,
            )
            for name, meter in rehearsal.counted.items()
        ]


def _parts(chosen: Any) -> list[Part]:
    """Return the replies made up for a stage's critic, reader, coder and preamble."""
    parts = []
    for kind in ("critic", "reader", "coder"):
        prompt = getattr(chosen, kind, None)
        if prompt is not None:
            reply = prompt.accept if kind == "critic" else prompt.not_stated
            parts.append(Part(_passage(prompt.message) or prompt.system, reply))
    preamble = getattr(chosen, "preamble", None)
    if preamble is not None:
        paragraph = preamble.question.strip().rpartition("\n\n")[2]
        parts.append(Part(paragraph, preamble.accept, opens=True))
    return parts


def _passage(template: str) -> str:
    """Return the longest passage of a template that is the same in every request, if any."""
    return max((literal.strip() for literal, *_ in Formatter().parse(template)), key=len)
