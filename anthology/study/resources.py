"""What a job needs that asks a model, and how its asking is split among several.

All of this goes to Snakemake as resources, or as files that only live until they are joined, so
none of it makes a result stale.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from anthology.config.model import Endpoint
from anthology.study.study import Study

Amount = int | str | None
Resource = Amount | Callable[..., Amount]
WHOLE = "whole"
"""The value of `--shard` for a whole artifact."""
SHARD = r"[0-9]+-of-[0-9]+"
"""A pattern of the names of shards."""
_ALWAYS = ("max_concurrency", "models")
_SIZES = ("mem", "disk")
"""Resources that Snakemake has in MB, whichever name they are given by, and always as numbers."""


class Default(Protocol):
    """What a job gets of one resource that nothing else is said about, as Snakemake has it."""

    @property
    def value(self) -> Amount:
        """How much, once it is known for a job."""

    def evaluate(self, wildcards: Any, **about: Any) -> "Default":
        """Find out for one job."""


class Jobs:
    """The jobs of the stages that ask models.

    Parameters
    ----------
    study
        The experiment.
    defaults
        What every job gets, such as a profile's `default-resources`.
    """

    def __init__(self, study: Study, defaults: Mapping[str, Default]) -> None:
        self._study, self._defaults = study, defaults

    def needs(self, stage: str) -> dict[str, Resource]:
        """Return the resources of the job that makes a stage's whole artifact.

        Where it is split, the job only joins the shards.
        """
        found = self._asking(stage)
        if self._shards(stage) > 1:
            found = {name: found[name] for name in _ALWAYS}
        return {**found, "shard": WHOLE}

    def shard_needs(self, stage: str) -> dict[str, Resource]:
        """Return the resources of a job that asks for one shard, which its wildcard names."""
        return {**self._asking(stage), "shard": lambda w: w.shard}

    def shards(self, stage: str, artifact: str) -> Callable[[Any], list[str]]:
        """Return the shards that an artifact is joined from; none where one job asks for all.

        Parameters
        ----------
        stage
            The stage.
        artifact
            The artifact's path with wildcards, without its suffix.
        """
        count = self._shards(stage)

        def files(wildcards: Mapping[str, str]) -> list[str]:
            if count == 1:
                return []
            path = artifact.format(**dict(wildcards.items()))
            return [f"{path}.{number}-of-{count}.parquet" for number in range(1, count + 1)]

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
        """Return the resources for a model that may depend on wildcards.

        What the file of one model names and that of another does not, the latter's jobs get as if
        no model had named it.
        """

        def endpoint(wildcards: Any) -> Endpoint:
            return self._study.model(chosen(wildcards)).endpoint

        def need(name: str) -> Resource:
            def amount(wildcards: Any, **about: Any) -> Amount:
                job = endpoint(wildcards).job
                return job[name] if name in job else self._default(name, wildcards, about)

            return amount

        named = {name for model in models for name in self._study.model(model).endpoint.job}
        return {
            "max_concurrency": lambda wildcards: endpoint(wildcards).max_concurrency,
            "models": str(self._study.catalogue.root / "models"),
            **{name: need(name) for name in sorted(named)},
        }

    def _default(self, name: str, wildcards: Any, about: Mapping[str, Any]) -> Amount:
        kind = name.removesuffix("_mb").removesuffix("_mib")
        default = self._defaults.get(f"{kind}_mb" if kind in _SIZES else name)
        if default is not None:
            return default.evaluate(wildcards, **about).value
        # Where nothing is said, Snakemake takes no None for a size.
        return 0 if kind in _SIZES else None
