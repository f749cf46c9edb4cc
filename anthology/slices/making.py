"""What each stage that makes something may know of the experiment, from people to answers."""

from typing import Any

from anthology.slices.parts import (
    UNUSED_SEED,
    Setting,
    constant,
    identity_of,
    layout_of,
    names_of,
    plain,
    told_of,
)
from anthology.study import Study
from anthology.values import for_survey

_SHOWN = ("variable", "codes", "scale", "last", "wording", "labels")
"""What of an item a persona's questions are made from."""


def population(study: Study) -> dict[str, Setting]:
    """Return what the simulated people of a survey depend on."""
    e = study.experiment
    return {
        "seed": lambda w: e.seed,
        "survey": lambda w: w.survey,
        "size": lambda w: for_survey(e.population, w.survey),
        "population": lambda w: plain(study.catalogue.load("populations", w.survey)),
    }


def humans(study: Study) -> dict[str, Setting]:
    """Return what the reading of a survey file depends on."""
    e = study.experiment
    kept = ("variable", "codes")
    return {
        "seed": lambda w: e.seed if for_survey(e.respondents, w.survey) else UNUSED_SEED,
        "survey": lambda w: w.survey,
        "respondents": lambda w: for_survey(e.respondents, w.survey),
        "id": lambda w: study.survey(w.survey).id,
        "weight": lambda w: study.survey(w.survey).weight,
        "traits": lambda w: {
            name: plain(source, *kept) for name, source in study.survey(w.survey).traits.items()
        },
        "items": lambda w: [plain(item, *kept) for item in study.survey(w.survey).items],
    }


def written(study: Study) -> dict[str, Setting]:
    """Return what the writing of any story depends on."""
    e = study.experiment
    keep = e.backstories.keep
    critic = keep.critic and plain(study.prompt("critics", keep.critic))
    return {
        "seed": lambda w: e.seed,
        "keep": lambda w: plain(keep, "min_words", "at_most", "tries"),
        "critic": lambda w: critic,
        "critic_model": lambda w: identity_of(study, keep.critic_model) if keep.critic else None,
    }


def backstories(study: Study) -> dict[str, Setting]:
    """Return what natural stories depend on."""
    natural = study.experiment.backstories.natural
    return {
        **written(study),
        "count": lambda w: natural.count,
        "model": lambda w: identity_of(study, natural.model),
        "sampling": lambda w: plain(natural.sampling),
        "question": lambda w: study.prompt("stories", natural.prompt).question,
        "layout": lambda w: names_of(study, natural.model, study.experiment.traits.format),
    }


def released(study: Study) -> dict[str, Setting]:
    """Return what stories from a file depend on."""
    natural = study.experiment.backstories.natural
    return {
        "seed": lambda w: study.experiment.seed if natural.shuffle else UNUSED_SEED,
        "count": lambda w: natural.count,
        "shuffle": lambda w: natural.shuffle,
    }


def primed(study: Study) -> dict[str, Setting]:
    """Return what the stories written for respondents depend on."""
    e = study.experiment

    def layout(w: Any) -> dict[str, Any] | None:
        style = study.prompt("writers", w.style).style
        if style.form == "questions":
            return layout_of(study, e.questions.format)
        return names_of(study, e.backstories.primed.model, e.questions.format)

    return {
        **written(study),
        "survey": lambda w: w.survey,
        "model": lambda w: identity_of(study, e.backstories.primed.model),
        "sampling": lambda w: plain(e.backstories.primed.sampling),
        "writer": lambda w: plain(study.prompt("writers", w.style)),
        "layout": layout,
        "traits": lambda w: told_of(study, w.survey),
        "shuffle": lambda w: e.personas.shuffle,
    }


def traits(study: Study) -> dict[str, Setting]:
    """Return what what stories say of themselves depends on."""
    e = study.experiment
    asked = e.traits
    reads = any(study.traits()[name].read for name in asked.ask)
    reader = plain(study.prompt("readers", asked.reader)) if asked.reader and reads else None
    return {
        "seed": lambda w: e.seed,
        "opening": lambda w: study.prompt("stories", e.backstories.natural.prompt).question,
        "model": lambda w: identity_of(study, asked.model),
        "asking": lambda w: asked.asking,
        "draws": lambda w: asked.draws,
        "sampling": lambda w: plain(asked.sampling),
        "frame": lambda w: plain(study.prompt("surveys", asked.prompt)),
        "decline": lambda w: asked.decline,
        "layout": lambda w: layout_of(study, asked.format),
        "reader": lambda w: reader,
        "reader_model": lambda w: identity_of(study, asked.reader_model) if reader else None,
        **{f"traits.{name}": constant(plain(study.traits()[name])) for name in asked.ask},
    }


def matches(study: Study) -> dict[str, Setting]:
    """Return what a matching depends on."""
    e = study.experiment
    return {
        "seed": lambda w: e.seed,
        "survey": lambda w: w.survey,
        "method": lambda w: e.matching.variants[w.matching].method,
        "traits": lambda w: {
            name: plain(study.survey(w.survey).traits[name], "variable", "codes", "fold")
            for name in study.matched_on(w.survey, w.matching)
        },
    }


def personas(study: Study) -> dict[str, Setting]:
    """Return what the personas of a condition depend on."""
    e = study.experiment

    def style(w: Any) -> dict[str, Any] | None:
        condition = study.condition(w.condition)
        if condition.persona == "primed" or condition.style is None:
            return None
        return plain(study.prompt("styles", condition.style))

    def told(w: Any) -> list[dict[str, Any]]:
        return told_of(study, w.survey) if style(w) else []

    def shuffle(w: Any) -> bool:
        return e.personas.shuffle and len(told(w)) > 1

    def layout(w: Any) -> dict[str, Any] | None:
        lists_options = (style(w) or {}).get("options")
        own = study.condition(w.condition).format or e.questions.format
        return layout_of(study, own) if lists_options else None

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


def responses(study: Study) -> dict[str, Setting]:
    """Return what the answers of a condition depend on."""
    e = study.experiment
    asked = e.questions

    def sampling(w: Any) -> dict[str, Any]:
        own = study.condition(w.condition).temperature
        return plain(asked.sampling) | ({} if own is None else {"temperature": own})

    def layout(w: Any) -> dict[str, Any]:
        return layout_of(study, study.condition(w.condition).format or asked.format)

    return {
        "seed": lambda w: e.seed,
        "survey": lambda w: w.survey,
        "condition": lambda w: w.condition,
        "model": lambda w: identity_of(study, w.model),
        "items": lambda w: [plain(item, *_SHOWN) for item in study.survey(w.survey).items],
        "frame": lambda w: plain(study.prompt("surveys", asked.prompt)),
        "layout": layout,
        "series": lambda w: asked.series,
        "shuffle_items": lambda w: asked.shuffle_items,
        "shuffle_options": lambda w: asked.shuffle_options,
        "asking": lambda w: study.condition(w.condition).asking or asked.asking,
        "tries": lambda w: asked.tries,
        "sampling": sampling,
    }
