"""An experiment together with the files it names, checked as a whole.

What can be wrong with an experiment is found here, before anything runs: a
name that no file has, a trait that a survey did not ask, a style without a
sentence for a trait.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from os.path import expanduser
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from anthology.config.experiment import SIMULATED, Condition, Experiment, Grouping, Questions
from anthology.config.model import ModelSpec, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.config.published import Published
from anthology.config.survey import Survey
from anthology.config.traits import Trait
from anthology.config.types import for_survey
from anthology.io.validation_errors import explain_validation_error
from anthology.models.registry import check_spec
from anthology.study.checks.names import mistakes
from anthology.study.checks.problem import Key, refuse
from anthology.study.files import Catalogue

Origin = tuple[str, Mapping[str, Any]]
"""The name of a configuration file, or of the command line, with what it says."""


class Study:
    """A checked experiment and every record that it names.

    Parameters
    ----------
    experiment
        What the configuration says.
    catalogue
        The files beside it.
    """

    def __init__(self, experiment: Experiment, catalogue: Catalogue) -> None:
        self.experiment, self.catalogue = experiment, catalogue
        self.questions = cache(self._questions)

    def people(self, survey: str) -> str:
        """Return a survey's file of people, or `simulated`."""
        return expanduser(self.experiment.humans.get(survey, SIMULATED))

    @property
    def stories_file(self) -> str | None:
        """The file that natural stories are read from, or None where they are written."""
        file = self.experiment.backstories.natural.file
        return None if file is None else expanduser(file)

    def survey(self, name: str) -> Survey:
        """Return a survey."""
        survey: Survey = self.catalogue.load("surveys", name)
        return survey

    def model(self, name: str) -> ModelSpec:
        """Return a model's declaration."""
        model: ModelSpec = self.catalogue.load("models", name)
        check_spec(model, str(self.catalogue.path("models", name)))
        return model

    def identity(self, name: str) -> dict[str, Any]:
        """Return what identifies a model; where it is served is no part of that."""
        keys = set(ModelIdentity.model_fields)
        return {"name": name, **self.model(name).model_dump(mode="json", include=keys)}

    def is_chat(self, name: str) -> bool:
        """Say whether a model replies to messages, instead of continuing a text."""
        return self.model(name).api == "chat"

    def prompt(self, kind: str, name: str) -> Any:
        """Return a prompt of one kind."""
        return self.catalogue.load(f"prompts/{kind}", name)

    def traits(self) -> dict[str, Trait]:
        """Return all traits that can be asked, each in the variant that is chosen."""
        return self._traits

    @cached_property
    def _traits(self) -> dict[str, Trait]:
        chosen = self.experiment.traits.variants
        return {
            name: trait.variant(chosen.get(name)) for name, trait in self.catalogue.traits().items()
        }

    def published(self) -> Published:
        """Return the numbers that the published study reports."""
        return self.catalogue.published()

    def condition(self, name: str) -> Condition:
        """Return a condition."""
        return self.experiment.conditions[name]

    def _questions(self, condition: str) -> Questions:
        """Return how a condition is asked: as `questions` says, except for what is its own."""
        own, common = self.condition(condition), self.experiment.questions
        # A null says nothing, except that of `decline_option`, which leaves out the common option.
        given = {
            key: value
            for key in own.model_fields_set
            if (value := getattr(own, key)) is not None or key == "decline_option"
        }
        sampling = {key: given[key] for key in Sampling.model_fields if key in given}
        asked = {key: given[key] for key in Questions.model_fields if key in given}
        asked["sampling"] = common.sampling.model_copy(update=sampling)
        return common.model_copy(update=asked)

    def matched_on(self, survey: str, variant: str) -> list[str]:
        """Return the traits that a matching compares."""
        own = self.experiment.matching.variants[variant].traits
        return for_survey(own or self.experiment.matching.traits, survey)

    def persona_traits(self, survey: str) -> list[str]:
        """Return the traits that describe a persona."""
        return for_survey(self.experiment.personas.traits, survey)

    def filtered(self, survey: str, options: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
        """Return for each trait of a filter the survey's codes that its options fall into."""
        traits = self.survey(survey).traits
        return {trait: traits[trait].holding(names) for trait, names in options.items()}

    def grouped(self, survey: str, grouping: Grouping) -> dict[str, list[int]]:
        """Return for each group of a grouping the survey's codes that its options fall into."""
        source = self.survey(survey).traits[grouping.trait]
        return {group: source.holding(names) for group, names in grouping.groups.items()}

    def rows(self) -> list[tuple[str, str]]:
        """Return model and condition of each row of a table, in order."""
        rows = [
            (self.condition(name).model or model, name)
            for model in self.experiment.models
            for name in self.experiment.compare
        ]
        return list(dict.fromkeys(rows))

    def matchings(self) -> list[str]:
        """Return the matchings that the compared conditions use, in the order of the conditions."""
        used = [self.condition(name).matching for name in self.experiment.compare]
        return list(dict.fromkeys(name for name in used if name is not None))


def load(config: Mapping[str, Any], root: Path, origins: Sequence[Origin] = ()) -> Study:
    """Read and check an experiment.

    Parameters
    ----------
    config
        The merged configuration.
    root
        The folder with `surveys/`, `models/`, `prompts/`, `populations/` and `traits.yaml`.
    origins
        The files that were merged, later ones overriding earlier ones, so that
        a message can name the one that a key stands in.

    Raises
    ------
    ConfigurationError
        With every mistake that was found, each with its file, key, value, what
        was expected, and the nearest right spelling.
    """
    where = finder(origins)
    try:
        experiment = Experiment.model_validate(config)
    except ValidationError as error:
        raise explain_validation_error(error, Experiment, config, where=where) from None
    study = Study(experiment, Catalogue(root))
    refuse(mistakes(study), where)
    return study


def finder(origins: Sequence[Origin]) -> Callable[[Key], str]:
    """Return a function that names the last file which sets a key, or the nearest key above it."""

    def where(key: Key) -> str:
        for name, content in reversed(origins):
            if _sets(content, key):
                return name
        for name, content in reversed(origins):
            if key and key[0] in content:
                return name
        return " + ".join(name for name, _ in origins) or "configuration"

    return where


def _sets(content: Any, key: Key) -> bool:
    """Say whether a file decides a key: it gives it, or gives a value in place of what is above."""
    for step in key:
        if isinstance(content, Mapping):
            if step not in content:
                return False
            content = content[step]
        elif isinstance(content, list) and isinstance(step, int) and step < len(content):
            content = content[step]
        else:
            return True
    return True
