"""What the Snakemake rules ask of the experiment: settings, paths, names.

The rules say what is made from what; this says which things there are. Nothing
here knows Snakemake.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any

from anthology.config.experiment import SIMULATED
from anthology.config.stage import INPUTS
from anthology.errors import ConfigurationError
from anthology.io.yaml import read_mapping
from anthology.models.registry import capabilities
from anthology.records import canonical_json, merge_json
from anthology.spelling import suggest
from anthology.stages import stage_descriptions
from anthology.study.checks.names import unfit_sizes
from anthology.study.checks.problem import refuse
from anthology.study.checks.references import references
from anthology.study.codehash import code_hash
from anthology.study.resources import SHARD, Default, Jobs
from anthology.study.settings import Setting, settings
from anthology.study.study import Origin, Study, finder, load

_CACHE = Path("cache/stories.json")
"""What was counted in a user's file of stories."""


class Workflow:
    """The experiment as the rules see it.

    Parameters
    ----------
    config
        The merged configuration.
    root
        The folder with surveys, models, prompts and populations.
    files
        The configuration files, later ones overriding earlier ones.
    command_line
        What the command line sets beyond them.
    targets
        The files and rules that are asked for.
    defaults
        What a cluster's job gets of each resource that nothing else is said about.

    Raises
    ------
    ConfigurationError
        If anything is wrong with the experiment, a survey file, or a target.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        root: Path,
        files: Iterable[Path],
        command_line: Mapping[str, Any],
        targets: Iterable[str],
        defaults: Mapping[str, Default],
    ) -> None:
        files = list(files)
        self._files, self._changes = files, command_line
        origins = _origins(files, command_line)
        self.study: Study = load(config, root, origins)
        self._where = finder(origins)
        self.jobs = Jobs(self.study, defaults)
        for target in targets:
            self._check_target(PurePosixPath(target))

    @property
    def surveys(self) -> list[str]:
        """The surveys of the study."""
        return self.study.experiment.surveys

    @property
    def stories_file(self) -> str | None:
        """The file that natural stories are read from, or None where they are written."""
        return self.study.stories_file

    @property
    def scorers(self) -> list[str]:
        """The models that say how probable natural stories are."""
        return self.study.experiment.backstories.perplexity

    @property
    def perplexities(self) -> list[str]:
        """How surprising natural stories are, where a compared condition uses any."""
        judged = self.scorers and self.study.matchings()
        return ["results/backstories/perplexity.parquet"] if judged else []

    @property
    def own_files(self) -> list[str]:
        """The user's own files: people and stories."""
        people = [self.study.people(survey) for survey in self.surveys]
        files = [*people, self.stories_file]
        return [file for file in files if file is not None and file != SIMULATED]

    @property
    def configured(self) -> list[str]:
        """The arguments that give another command this configuration."""
        changes = [f"{key}={canonical_json(value)}" for key, value in self._changes.items()]
        files = [str(file.resolve()) for file in self._files]
        return ["--configfile", *files, *(["--config", *changes] if changes else [])]

    def plan_state(self, journal: str) -> str:
        """Return what a plan depends on, in one short text: configuration, code and journal."""
        digest = blake2b(
            code_hash(
                "plan.plan",
                "cli.commands",
                "study.command_line",
                *(f"stages.{stage}" for stage in stage_descriptions()),
                *self._free_providers(),
            ).encode(),
            digest_size=8,
        )
        digest.update(canonical_json(self.study.experiment.model_dump(mode="json")).encode())
        for file in sorted(self.study.catalogue.root.rglob("*.yaml")):
            digest.update(file.read_bytes())
        for file in sorted(Path(journal).glob("*.journal")):
            digest.update(f"{file.name} {file.stat().st_size}".encode())
        return digest.hexdigest()

    def _free_providers(self) -> list[str]:
        """Return the modules of the providers that a dry run asks for real."""
        names = {name for _, name, to in references(self.study.experiment) if to == "models"}
        specs = [self.study.model(name) for name in names]
        return sorted({f"providers.{s.provider}" for s in specs if not capabilities(s).paid})

    def settings(self, stage: str, *inputs: Setting | Sequence[str]) -> dict[str, Setting]:
        """Return a stage's slice of the experiment as a rule's params.

        Parameters
        ----------
        stage
            The stage.
        inputs
            The rule's inputs whose names the configuration decides. They stand among the params,
            so that a change of them is seen although rules do not run again for the set of
            their inputs alone, which the number of shards is part of.
        """
        found = settings(self.study, stage)
        if inputs:
            found["set_inputs"] = lambda wildcards: canonical_json(
                {INPUTS: _named(inputs, wildcards)}
            )
        return found

    def wildcard_constraints(self) -> dict[str, str]:
        """Return for each wildcard a pattern of all names that it may stand for."""
        named = {name: _either(known) for name, known in self._names().items()}
        return {**named, "shard": SHARD}

    def conditions(self, *personas: str) -> str:
        """Return a pattern of the conditions that build their personas in one of some ways."""
        named = self.study.experiment.conditions.items()
        return _either(name for name, condition in named if condition.persona in personas)

    def people(self, wildcards: Any) -> str:
        """Return a survey's file of people."""
        file = self.study.people(wildcards.survey)
        return f"results/{wildcards.survey}/population.sav" if file == SIMULATED else file

    def check_files(self) -> None:
        """Read the user's own files, so that what is wrong with them is found before all else."""
        counted = {}
        stories = self.study.experiment.backstories.natural.count
        for survey in self.surveys:
            file = self.study.people(survey)
            if file != SIMULATED:
                from anthology.interview.survey_interview import check_questions
                from anthology.survey.reader import Settings, read_survey

                wildcards = _Wildcards(survey)
                parts = [setting(wildcards) for setting in self.settings("humans").values()]
                found = read_survey(Settings.model_validate(merge_json(parts)), Path(file))
                counted[survey] = found.table.num_rows
                offers = [
                    self.study.questions(name).decline_option for _, name in self.study.rows()
                ]
                check_questions(
                    self.study.survey(survey).items, found.codebook, dict.fromkeys(offers)
                )
        if self.stories_file is not None:
            from anthology.stages.released import Settings as Released
            from anthology.stages.released import choose_stories
            from anthology.study.story_count import stories_in

            parts = [setting(None) for setting in self.settings("released").values()]
            available = stories_in(Path(self.stories_file), _CACHE)
            stories = len(
                choose_stories(
                    available, Released.model_validate(merge_json(parts)), self.stories_file
                )
            )
        refuse(unfit_sizes(self.study, counted, stories), self._where)

    def matches(self, wildcards: Any) -> str:
        """Return the matching that a condition's personas are made from."""
        variant = self.study.condition(wildcards.condition).matching
        return f"results/{wildcards.survey}/matches/{variant}.parquet"

    def compared_matches(self, wildcards: Any) -> list[str]:
        """Return the matchings that the conditions of a survey's table use."""
        folder = f"results/{wildcards.survey}/matches"
        return [f"{folder}/{name}.parquet" for name in self.study.matchings()]

    def compared_traits(self, _wildcards: Any) -> list[str]:
        """Return what natural stories say of themselves, where a compared condition uses any."""
        return ["results/traits/natural.parquet"] if self.study.matchings() else []

    def compared_stories(self, wildcards: Any) -> list[str]:  # noqa: ARG002
        """Return the natural stories, where a compared condition uses any."""
        return ["results/backstories/natural.parquet"] if self.study.matchings() else []

    def compared_personas(self, wildcards: Any) -> list[str]:
        """Return the personas of the conditions in a survey's table."""
        folder = f"results/{wildcards.survey}/personas"
        return [f"{folder}/{name}.parquet" for name in self.study.experiment.compare]

    @property
    def published(self) -> list[str]:
        """The surveys of the study of which numbers were published."""
        known = self.study.published().surveys
        return [survey for survey in self.surveys if survey in known]

    def primed(self, wildcards: Any) -> str:
        """Return the primed stories that a condition's personas are."""
        style = self.study.condition(wildcards.condition).style
        return f"results/{wildcards.survey}/backstories/primed_{style}.parquet"

    def responses(self, wildcards: Any) -> list[str]:
        """Return the responses that a survey's table compares."""
        folder = f"results/{wildcards.survey}/responses"
        return [f"{folder}/{model}/{name}.parquet" for model, name in self.study.rows()]

    def _names(self) -> dict[str, list[str]]:
        e = self.study.experiment
        return {
            "survey": e.surveys,
            "model": self.study.catalogue.names("models"),
            "condition": list(e.conditions),
            "matching": list(e.matching.variants),
            "style": self.study.catalogue.names("prompts/writers"),
            "scorer": e.backstories.perplexity,
        }

    def _check_target(self, target: PurePosixPath) -> None:
        """Find a misspelt name in a target of the form in which results are named."""
        names = self._names()
        match target.with_suffix("").parts:
            case ("results", survey, "responses", model, condition):
                asked = {"survey": survey, "model": model, "condition": condition}
            case ("results", survey, "personas", condition):
                asked = {"survey": survey, "condition": condition}
            case ("results", survey, "matches", matching):
                asked = {"survey": survey, "matching": matching}
            case ("results", survey, "backstories", story) if story.startswith("primed_"):
                asked = {"survey": survey, "style": story.removeprefix("primed_")}
            case ("results", "backstories", "perplexity", scorer):
                asked = {"scorer": scorer}
            case ("results", "backstories" | "traits", _):
                asked = {}
            case ("results", survey, _, *_):
                asked = {"survey": survey}
            case _:
                asked = {}
        for kind, name in asked.items():
            if name not in names[kind]:
                raise ConfigurationError(
                    f'the experiment has no {kind} "{name}"; {suggest(name, names[kind])}',
                    where=str(target),
                )


def _named(inputs: Iterable[Setting | Sequence[str]], wildcards: Any) -> list[str]:
    """Return the names of files that are given as such or by functions of the wildcards."""
    given = [files(wildcards) if callable(files) else files for files in inputs]
    return [name for files in given for name in ([files] if isinstance(files, str) else files)]


class _Wildcards:
    """Stands for a rule's wildcards where only the survey matters."""

    def __init__(self, survey: str) -> None:
        self.survey = survey


def _origins(files: Iterable[Path], command_line: Mapping[str, Any]) -> list[Origin]:
    """Return each configuration file's name with its content, strictly read."""
    found: list[Origin] = [(_name(file), read_mapping(file)) for file in files]
    return [*found, ("command line", command_line)] if command_line else found


def _name(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def _either(names: Iterable[str]) -> str:
    """Return a pattern that matches any of some names, and nothing where there are none."""
    return "|".join(map(re.escape, names)) or r"(?!)"
