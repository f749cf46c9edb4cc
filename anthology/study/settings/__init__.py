"""What each stage may know of the experiment: what makes what stale.

A stage's command gets its slice and nothing else, so what is not here cannot
change its result, and what is here makes it run again when it changes.
"""

from collections.abc import Callable, Mapping
from typing import Any

from anthology.records import canonical_json
from anthology.study.codehash import code_hash
from anthology.study.settings import making, measuring
from anthology.study.settings.common import Setting
from anthology.study.study import Study


def settings(study: Study, stage: str) -> dict[str, Setting]:
    """Return a stage's settings as a rule's params.

    Parameters
    ----------
    study
        The experiment.
    stage
        The stage, by the name of its command.

    Returns
    -------
    dict
        For each setting a function of the wildcards that gives it as canonical
        JSON with its own key inside: Snakemake compares params as a set of
        texts, so a value must say what it is the value of. A key with a dot,
        such as ``traits.age``, is one part of a setting that has many.
    """

    def as_param(key: str, setting: Setting) -> Setting:
        outer, _, inner = key.partition(".")
        if inner:
            return lambda wildcards: canonical_json({outer: {inner: setting(wildcards)}})
        return lambda wildcards: canonical_json({outer: setting(wildcards)})

    own = SLICES[stage](study)

    def code(wildcards: Any) -> str:
        values = [setting(wildcards) for key, setting in own.items() if key.endswith("model")]
        return code_hash(
            f"stages.{stage}", *(f"providers.{value['provider']}" for value in values if value)
        )

    slices = {**own, "code": code}
    # The prefix keeps clear of names that Snakemake's params have for themselves, such as `items`.
    return {f"set_{key.replace('.', '_')}": as_param(key, do) for key, do in slices.items()}


SLICES: Mapping[str, Callable[[Study], dict[str, Setting]]] = {
    "population": making.population,
    "humans": making.humans,
    "backstories": making.backstories,
    "released": making.released,
    "duplicates": making.duplicates,
    "primed": making.primed,
    "traits": making.traits,
    "perplexity": making.perplexity,
    "perplexities": making.perplexities,
    "matches": making.matches,
    "personas": making.personas,
    "responses": making.responses,
    "metrics": measuring.metrics,
    "metrics_full": measuring.metrics_full,
    "comparisons": measuring.comparisons,
    "subgroups": measuring.subgroups,
    "items": measuring.items,
    "figures": measuring.figures,
    "exports": measuring.exports,
    "explorer": measuring.explorer,
    "individuals": measuring.individuals,
    "reproduction": measuring.reproduction,
    "summary": measuring.summary,
    "record": measuring.record,
}
