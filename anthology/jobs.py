"""What a job needs that asks a model, and how its asking is split among several.

All of this goes to Snakemake as resources, or as files that only live until they are joined, so
none of it makes a result stale.
"""

from collections.abc import Callable, Mapping
from typing import Any

from anthology.models.spec import Endpoint
from anthology.study import Study

Resource = int | str | None | Callable[[Any], int | str | None]
WHOLE = "whole"
"""The part of an artifact that is all of it."""
PART = r"[0-9]+-of-[0-9]+"
"""A pattern of the names of parts."""
_ALWAYS = ("in_flight", "models")


class Jobs:
    """The jobs of the stages that ask models.

    Parameters
    ----------
    study
        The experiment.
    """

    def __init__(self, study: Study) -> None:
        self._study = study

    def needs(self, stage: str) -> dict[str, Resource]:
        """Return the resources of the job that makes a stage's whole artifact.

        Where others ask for parts of it, it only joins them.
        """
        found = self._asking(stage)
        if self._shards(stage) > 1:
            found = {name: found[name] for name in _ALWAYS}
        return {**found, "part": WHOLE}

    def part_needs(self, stage: str) -> dict[str, Resource]:
        """Return the resources of a job that asks for one part, which its wildcard names."""
        return {**self._asking(stage), "part": lambda w: w.part}

    def parts(self, stage: str, artifact: str) -> Callable[[Any], list[str]]:
        """Return the parts that an artifact is joined from; none where one job asks for all.

        Parameters
        ----------
        stage
            The stage.
        artifact
            The artifact's path with wildcards, without its suffix.
        """
        shards = self._shards(stage)

        def files(wildcards: Mapping[str, str]) -> list[str]:
            if shards == 1:
                return []
            path = artifact.format(**dict(wildcards.items()))
            return [f"{path}.{number}-of-{shards}.parquet" for number in range(1, shards + 1)]

        return files

    def _shards(self, stage: str) -> int:
        shards: int = getattr(self._study.experiment.shards, stage)
        return shards

    def _asking(self, stage: str) -> dict[str, Resource]:
        """Return what a job needs that asks the stage's model."""
        e = self._study.experiment
        match stage:
            case "responses":
                return self._of([model for model, _ in self._study.rows()], lambda w: w.model)
            case "perplexity":
                return self._of(e.backstories.perplexity, lambda w: w.scorer)
        fixed = {
            "backstories": e.backstories.natural.model,
            "primed": e.backstories.primed.model,
            "traits": e.traits.model,
        }[stage]
        return self._of([fixed], lambda _: fixed)

    def _of(self, models: list[str], chosen: Callable[[Any], str]) -> dict[str, Resource]:
        """Return the resources for a model that may depend on wildcards; None leaves one out."""

        def endpoint(wildcards: Any) -> Endpoint:
            return self._study.model(chosen(wildcards)).endpoint

        def need(name: str) -> Resource:
            return lambda wildcards: endpoint(wildcards).job.get(name)

        named = {name for model in models for name in self._study.model(model).endpoint.job}
        return {
            "in_flight": lambda wildcards: endpoint(wildcards).in_flight,
            "models": str(self._study.catalogue.root / "models"),
            **{name: need(name) for name in sorted(named)},
        }
