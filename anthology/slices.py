"""What each stage may know of the experiment: the one page that says what makes what stale.

A stage's command gets its slice and nothing else, so what is not here cannot
change its result, and what is here makes it run again when it changes.
"""

from collections.abc import Callable, Mapping
from typing import Any

from anthology.codehash import code_hash
from anthology.experiment import for_survey
from anthology.records import canonical
from anthology.study import Study

Setting = Callable[[Any], Any]
"""From a rule's wildcards to one setting's value, as plain JSON types."""

UNUSED_SEED = 0
"""Stands for the seed where a stage draws nothing, so that a new seed leaves it alone."""


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
            return lambda wildcards: canonical({outer: {inner: setting(wildcards)}})
        return lambda wildcards: canonical({outer: setting(wildcards)})

    own = SLICES[stage](study)

    def code(wildcards: Any) -> str:
        values = [setting(wildcards) for key, setting in own.items() if key.endswith("model")]
        return code_hash(stage, *(f"models.{value['provider']}" for value in values if value))

    slices = {**own, "code": code}
    # The prefix keeps clear of names that Snakemake's params have for themselves, such as `items`.
    return {f"set_{key.replace('.', '_')}": as_param(key, do) for key, do in slices.items()}


def _population(study: Study) -> dict[str, Setting]:
    e = study.experiment
    return {
        "seed": lambda w: e.seed,
        "survey": lambda w: w.survey,
        "size": lambda w: for_survey(e.population, w.survey),
        "population": lambda w: _plain(study.catalogue.load("populations", w.survey)),
    }


def _humans(study: Study) -> dict[str, Setting]:
    e = study.experiment
    kept = ("variable", "codes")
    return {
        "seed": lambda w: e.seed if for_survey(e.respondents, w.survey) else UNUSED_SEED,
        "survey": lambda w: w.survey,
        "respondents": lambda w: for_survey(e.respondents, w.survey),
        "id": lambda w: study.survey(w.survey).id,
        "weight": lambda w: study.survey(w.survey).weight,
        "traits": lambda w: {
            name: _plain(source, *kept) for name, source in study.survey(w.survey).traits.items()
        },
        "items": lambda w: [_plain(item, *kept) for item in study.survey(w.survey).items],
    }


def _written(study: Study) -> dict[str, Setting]:
    """Return what the writing of any story depends on."""
    e = study.experiment
    keep = e.backstories.keep
    critic = keep.critic and _plain(study.prompt("critics", keep.critic))
    return {
        "seed": lambda w: e.seed,
        "keep": lambda w: _plain(keep, "min_words", "at_most", "tries"),
        "critic": lambda w: critic,
        "critic_model": lambda w: _model(study, keep.critic_model) if keep.critic else None,
    }


def _backstories(study: Study) -> dict[str, Setting]:
    natural = study.experiment.backstories.natural
    return {
        **_written(study),
        "count": lambda w: natural.count,
        "model": lambda w: _model(study, natural.model),
        "sampling": lambda w: _plain(natural.sampling),
        "question": lambda w: study.prompt("stories", natural.prompt).question,
        "layout": lambda w: _names(study, natural.model, study.experiment.traits.format),
    }


def _released(study: Study) -> dict[str, Setting]:
    natural = study.experiment.backstories.natural
    return {
        "seed": lambda w: study.experiment.seed if natural.shuffle else UNUSED_SEED,
        "count": lambda w: natural.count,
        "shuffle": lambda w: natural.shuffle,
    }


def _primed(study: Study) -> dict[str, Setting]:
    e = study.experiment

    def layout(w: Any) -> dict[str, Any] | None:
        style = study.prompt("writers", w.style).style
        if style.form == "questions":
            return _layout(study, e.questions.format)
        return _names(study, e.backstories.primed.model, e.questions.format)

    return {
        **_written(study),
        "survey": lambda w: w.survey,
        "model": lambda w: _model(study, e.backstories.primed.model),
        "sampling": lambda w: _plain(e.backstories.primed.sampling),
        "writer": lambda w: _plain(study.prompt("writers", w.style)),
        "layout": layout,
        "traits": lambda w: _told(study, w.survey),
        "shuffle": lambda w: e.personas.shuffle,
    }


def _traits(study: Study) -> dict[str, Setting]:
    e = study.experiment
    asked = e.traits
    reads = any(study.traits()[name].read for name in asked.ask)
    reader = _plain(study.prompt("readers", asked.reader)) if asked.reader and reads else None
    return {
        "seed": lambda w: e.seed,
        "opening": lambda w: study.prompt("stories", e.backstories.natural.prompt).question,
        "model": lambda w: _model(study, asked.model),
        "asking": lambda w: asked.asking,
        "draws": lambda w: asked.draws,
        "sampling": lambda w: _plain(asked.sampling),
        "frame": lambda w: _plain(study.prompt("surveys", asked.prompt)),
        "decline": lambda w: asked.decline,
        "layout": lambda w: _layout(study, asked.format),
        "reader": lambda w: reader,
        "reader_model": lambda w: _model(study, asked.reader_model) if reader else None,
        **{f"traits.{name}": _constant(_plain(study.traits()[name])) for name in asked.ask},
    }


def _matches(study: Study) -> dict[str, Setting]:
    e = study.experiment
    return {
        "seed": lambda w: e.seed,
        "survey": lambda w: w.survey,
        "method": lambda w: e.matching.variants[w.matching].method,
        "traits": lambda w: {
            name: _plain(study.survey(w.survey).traits[name], "variable", "codes", "fold")
            for name in study.matched_on(w.survey, w.matching)
        },
    }


def _personas(study: Study) -> dict[str, Setting]:
    e = study.experiment

    def style(w: Any) -> dict[str, Any] | None:
        condition = study.condition(w.condition)
        if condition.persona == "primed" or condition.style is None:
            return None
        return _plain(study.prompt("styles", condition.style))

    def told(w: Any) -> list[dict[str, Any]]:
        return _told(study, w.survey) if style(w) else []

    def shuffle(w: Any) -> bool:
        return e.personas.shuffle and len(told(w)) > 1

    def layout(w: Any) -> dict[str, Any] | None:
        lists_options = (style(w) or {}).get("options")
        own = study.condition(w.condition).format or e.questions.format
        return _layout(study, own) if lists_options else None

    def opening(w: Any) -> str | None:
        if study.condition(w.condition).persona not in ("primed", "matched"):
            return None
        question: str = study.prompt("stories", e.backstories.natural.prompt).question
        return question

    return {
        "seed": lambda w: e.seed if shuffle(w) else UNUSED_SEED,
        "survey": lambda w: w.survey,
        "style": style,
        "traits": told,
        "shuffle": shuffle,
        "layout": layout,
        "opening": opening,
    }


def _responses(study: Study) -> dict[str, Setting]:
    e = study.experiment
    asked = e.questions

    def sampling(w: Any) -> dict[str, Any]:
        own = study.condition(w.condition).temperature
        return _plain(asked.sampling) | ({} if own is None else {"temperature": own})

    def layout(w: Any) -> dict[str, Any]:
        return _layout(study, study.condition(w.condition).format or asked.format)

    return {
        "seed": lambda w: e.seed,
        "survey": lambda w: w.survey,
        "condition": lambda w: w.condition,
        "model": lambda w: _model(study, w.model),
        "items": lambda w: [_plain(item) for item in study.survey(w.survey).items],
        "frame": lambda w: _plain(study.prompt("surveys", asked.prompt)),
        "layout": layout,
        "series": lambda w: asked.series,
        "shuffle_items": lambda w: asked.shuffle_items,
        "shuffle_options": lambda w: asked.shuffle_options,
        "asking": lambda w: study.condition(w.condition).asking or asked.asking,
        "tries": lambda w: asked.tries,
        "sampling": sampling,
    }


def _metrics(study: Study) -> dict[str, Setting]:
    e = study.experiment
    return {
        "seed": lambda w: e.seed,
        "survey": lambda w: w.survey,
        "items": lambda w: [
            _plain(item, "variable", "codes") for item in study.survey(w.survey).items
        ],
        "splits": lambda w: e.metrics.splits,
        "persona_weights": lambda w: e.metrics.persona_weights,
        "rows": lambda w: [list(row) for row in study.rows()],
    }


SLICES: Mapping[str, Callable[[Study], dict[str, Setting]]] = {
    "population": _population,
    "humans": _humans,
    "backstories": _backstories,
    "released": _released,
    "primed": _primed,
    "traits": _traits,
    "matches": _matches,
    "personas": _personas,
    "responses": _responses,
    "metrics": _metrics,
    "summary": lambda study: {"surveys": lambda w: study.experiment.surveys},
}


def _constant(value: Any) -> Setting:
    return lambda w: value


def _plain(record: Any, *keys: str) -> dict[str, Any]:
    """Return a record, or some of its keys, as plain JSON types."""
    plain: dict[str, Any] = record.model_dump(mode="json", include=set(keys) or None)
    return plain


def _layout(study: Study, name: str) -> dict[str, Any]:
    return _plain(study.experiment.formats[name])


def _names(study: Study, model: str, layout: str) -> dict[str, Any] | None:
    """Return the names before questions and answers, which a chat model is not shown."""
    if study.model(model).api == "chat":
        return None
    return _plain(study.experiment.formats[layout], "asker", "answerer")


def _model(study: Study, name: str) -> dict[str, Any]:
    """Return what identifies a model; where it is served is no part of that."""
    known = _plain(study.model(name), "provider", "api", "model", "revision", "body", "engine")
    return {"name": name, **known}


def _told(study: Study, survey: str) -> list[dict[str, Any]]:
    """Return the traits that personas are told by, in order, with question and own labels."""
    return [
        {
            "name": name,
            "question": study.traits()[name].question,
            "labels": _plain(study.survey(survey).traits[name], "labels")["labels"],
        }
        for name in study.told(survey)
    ]
