"""The named files beside the experiment: surveys, models, populations, prompts, traits."""

from functools import cache
from pathlib import Path
from typing import Any

from anthology.config.model import ModelSpec
from anthology.config.population import PopulationSpec
from anthology.config.prompts import (
    CoderPrompt,
    CriticPrompt,
    PreamblePrompt,
    ReaderPrompt,
    StoryPrompt,
    Style,
    SurveyPrompt,
    WriterPrompt,
)
from anthology.config.published import Published
from anthology.config.survey import Survey
from anthology.config.traits import Trait
from anthology.io.yaml import read_mapping, read_record, validate_record
from anthology.records import Record

FOLDERS: dict[str, type[Record]] = {
    "surveys": Survey,
    "models": ModelSpec,
    "populations": PopulationSpec,
    "prompts/stories": StoryPrompt,
    "prompts/preambles": PreamblePrompt,
    "prompts/critics": CriticPrompt,
    "prompts/readers": ReaderPrompt,
    "prompts/coders": CoderPrompt,
    "prompts/styles": Style,
    "prompts/writers": WriterPrompt,
    "prompts/surveys": SurveyPrompt,
}
"""Each folder of `config/` with the record that its files are."""

TRAITS = "traits.yaml"
PUBLISHED = "published.yaml"


class Catalogue:
    """The records in the files below one folder.

    Parameters
    ----------
    root
        The folder, usually `config/`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.load = cache(self._load)
        self.names = cache(self._names)
        self.traits = cache(self._traits)
        self.published = cache(self._published)

    def path(self, folder: str, name: str) -> Path:
        """Return the file of a name."""
        return self.root / folder / f"{name}.yaml"

    def _names(self, folder: str) -> list[str]:
        """List the names that a folder has files for."""
        return sorted(path.stem for path in (self.root / folder).glob("*.yaml"))

    def _load(self, folder: str, name: str) -> Any:
        """Read the record of a name.

        Raises
        ------
        ConfigurationError
            If the file is not what its folder's record says.
        """
        return read_record(self.path(folder, name), FOLDERS[folder])

    def _published(self) -> Published:
        """Read the published numbers."""
        return read_record(self.root / PUBLISHED, Published)

    def _traits(self) -> dict[str, Trait]:
        """Read all traits."""
        path = self.root / TRAITS
        content = read_mapping(path)
        return {
            str(name): validate_record(value, Trait, f"{path}: {name}")
            for name, value in content.items()
        }
