"""What each stage that makes something may know of the experiment, from people to answers."""

from typing import Any

from anthology.config.traits import Trait
from anthology.config.types import for_survey
from anthology.study.settings.common import (
    UNUSED_SEED,
    Setting,
    constant,
    frame_of,
    identity_of,
    layout_of,
    names_of,
    plain,
    told_of,
)
from anthology.study.study import Study

_SHOWN = ("variable", "codes", "scale", "last", "wording", "labels")
"""What of an item a persona's questions are made from."""
_ASKED = (
    "require_label",
    "decline_option",
    "series",
    "shuffle_items",
    "shuffle_options",
    "answer_mode",
    "max_attempts",
)
"""What else of the questions of a condition its answers depend on."""


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
        "include": lambda w: study.filtered(w.survey, e.filters.respondents.include),
        "exclude": lambda w: study.filtered(w.survey, e.filters.respondents.exclude),
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
        "keep": lambda w: plain(keep, "min_words", "max_mentions", "max_attempts"),
        "critic": lambda w: critic,
        "critic_model": lambda w: identity_of(study, keep.critic_model) if keep.critic else None,
    }


def backstories(study: Study) -> dict[str, Setting]:
    """Return what natural stories depend on."""
    natural = study.experiment.backstories.natural
    prompt = study.prompt("stories", natural.prompt)
    preamble = natural.preamble and plain(study.prompt("preambles", natural.preamble))
    chat = study.model(natural.model).api == "chat"
    return {
        **written(study),
        "count": lambda w: natural.count,
        "model": lambda w: identity_of(study, natural.model),
        "sampling": lambda w: plain(natural.sampling),
        "questions": lambda w: prompt.asked,
        "preamble": lambda w: preamble,
        "system": lambda w: prompt.system if chat else "",
        "layout": lambda w: names_of(study, natural.model, study.experiment.traits.format),
    }


def asked_of(study: Study) -> list[str]:
    """Return the questions that natural stories answer; those from a file answer the first."""
    natural = study.experiment.backstories.natural
    asked: list[str] = study.prompt("stories", natural.prompt).asked
    return asked if natural.file is None else asked[:1]


def released(study: Study) -> dict[str, Setting]:
    """Return what stories from a file depend on."""
    natural = study.experiment.backstories.natural
    return {
        "seed": lambda w: study.experiment.seed if natural.shuffle else UNUSED_SEED,
        "count": lambda w: natural.count,
        "shuffle": lambda w: natural.shuffle,
    }


def duplicates(study: Study) -> dict[str, Setting]:
    """Return what the list of stories that are nearly the same depends on."""
    known = study.experiment.backstories.duplicates
    return {
        "shingle_words": lambda w: known.shingle_words,
        "min_similarity": lambda w: known.min_similarity,
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
    reads = any(study.traits()[name].look_in_story for name in asked.ask)
    reader = plain(study.prompt("readers", asked.reader)) if asked.reader and reads else None
    freely = [name for name in asked.ask if name in asked.open_ended]
    coder = plain(study.prompt("coders", asked.coder)) if asked.coder and freely else None
    return {
        "seed": lambda w: e.seed,
        "openings": lambda w: asked_of(study),
        "open_ended": lambda w: freely,
        "model": lambda w: identity_of(study, asked.model),
        "answer_mode": lambda w: asked.answer_mode,
        "samples": lambda w: asked.samples,
        "sampling": lambda w: plain(asked.sampling),
        "frame": lambda w: frame_of(study, asked.prompt, asked.model),
        "require_label": lambda w: asked.require_label,
        "decline_option": lambda w: asked.decline_option,
        "layout": lambda w: layout_of(study, asked.format),
        "reader": lambda w: reader,
        "reader_model": lambda w: identity_of(study, asked.reader_model) if reader else None,
        "coder": lambda w: coder,
        "coder_model": lambda w: identity_of(study, asked.coder_model) if coder else None,
        **{
            f"traits.{name}": constant(_put(study.traits()[name], freely=name in freely))
            for name in asked.ask
        },
    }


def _put(trait: Trait, *, freely: bool) -> dict[str, Any]:
    """Return a trait as plain JSON types, with open questions only where they are put."""
    unused: Any = {} if freely else {"open_question": True, "steps": {"__all__": {"open_question"}}}
    put: dict[str, Any] = trait.model_dump(mode="json", exclude=unused)
    return put


def perplexity(study: Study) -> dict[str, Setting]:
    """Return what the perplexities of natural stories by one model depend on."""
    layout = plain(study.experiment.formats[study.experiment.traits.format], "asker", "answerer")
    return {
        "model": lambda w: identity_of(study, w.scorer),
        "openings": lambda w: asked_of(study),
        "layout": lambda w: layout,
    }


def perplexities(study: Study) -> dict[str, Setting]:
    """Return what the joined perplexities depend on."""
    return {"models": lambda w: study.experiment.backstories.perplexity}


def matches(study: Study) -> dict[str, Setting]:
    """Return what a matching depends on."""
    e = study.experiment
    return {
        "seed": lambda w: e.seed,
        "survey": lambda w: w.survey,
        "method": lambda w: e.matching.variants[w.matching].method,
        "backstories": lambda w: plain(e.filters.backstories),
        "traits": lambda w: {
            name: plain(study.survey(w.survey).traits[name], "variable", "codes", "recode")
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
        return layout_of(study, study.questions(w.condition).format) if lists_options else None

    def openings(w: Any) -> list[str]:
        persona = study.condition(w.condition).persona
        told = {"matched": asked_of(study), "primed": asked_of(study)[:1]}
        return told.get(persona, [])

    return {
        "seed": lambda w: e.seed if shuffle(w) else UNUSED_SEED,
        "survey": lambda w: w.survey,
        "style": style,
        "traits": told,
        "shuffle": shuffle,
        "layout": layout,
        "openings": openings,
    }


def responses(study: Study) -> dict[str, Setting]:
    """Return what the answers of a condition depend on."""

    def own(key: str) -> Setting:
        return lambda w: getattr(study.questions(w.condition), key)

    return {
        "seed": lambda w: study.experiment.seed,
        "survey": lambda w: w.survey,
        "condition": lambda w: w.condition,
        "model": lambda w: identity_of(study, w.model),
        "items": lambda w: [plain(item, *_SHOWN) for item in study.survey(w.survey).items],
        "frame": lambda w: frame_of(study, study.questions(w.condition).prompt, w.model),
        "layout": lambda w: layout_of(study, study.questions(w.condition).format),
        "sampling": lambda w: plain(study.questions(w.condition).sampling),
        **{key: own(key) for key in _ASKED},
    }
