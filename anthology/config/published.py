"""The numbers that the published study reports, as `config/published.yaml` holds them."""

from typing import Self

from pydantic import model_validator

from anthology.records import Record

Triple = tuple[float | None, float | None, float | None]
"""Wasserstein, frobenius and alpha."""


class PublishedGroup(Record):
    """The alpha of a group of people."""

    name: str
    """What the study calls the group."""
    trait: str
    """The trait that divides the people."""
    codes: list[int]
    """The survey's codes of the trait that make the group."""
    alpha: float
    """Cronbach's alpha of the group."""


class PublishedSurvey(Record):
    """The people's row of one survey."""

    people: int
    """How many people there were."""
    release: str
    """What the data set is called where it is given out."""
    human: Triple
    """The people's row."""
    groups: list[PublishedGroup] = []
    """Groups of people."""


class PublishedResult(Record):
    """What one model and condition reached."""

    model: str
    """What the study calls the model."""
    condition: str
    """What the study calls the condition."""
    w34: Triple | None = None
    """On wave 34."""
    w92: Triple | None = None
    """On wave 92."""
    w99: Triple | None = None
    """On wave 99."""
    uncertain: list[str] = []
    """Surveys of which at least one number is not certain."""

    @property
    def by_survey(self) -> dict[str, Triple]:
        """The numbers of each survey that has any."""
        found = {"w34": self.w34, "w92": self.w92, "w99": self.w99}
        return {survey: numbers for survey, numbers in found.items() if numbers is not None}


class Published(Record):
    """All published numbers."""

    surveys: dict[str, PublishedSurvey]
    """The people's rows, by survey."""
    conditions: dict[str, list[str]]
    """For each of the study's conditions those of ours that are built in its way."""
    models: dict[str, str]
    """For each of the study's models its name in `config/models/`."""
    results: list[PublishedResult]
    """The rows of the study's table."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        for result in self.results:
            if result.model not in self.models or result.condition not in self.conditions:
                raise ValueError(
                    f"results names {result.model} or {result.condition}, not declared"
                )
        return self
