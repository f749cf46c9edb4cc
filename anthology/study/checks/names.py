"""What can be wrong with an experiment, found before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from anthology.config.experiment import RESERVED, SIMULATED
from anthology.config.types import for_survey
from anthology.spelling import suggest
from anthology.study.checks.groups import unknown_options, unknown_subgroups
from anthology.study.checks.models import (
    chat_needed,
    text_needed,
    unable_to_score,
    unsupported_answer_modes,
)
from anthology.study.checks.problem import Key, Mistake
from anthology.study.checks.prompts import unfit_reasoning
from anthology.study.checks.references import incomplete_mappings, unknown_references
from anthology.study.files import TRAITS

if TYPE_CHECKING:
    from anthology.study.study import Study

_WEIGHTED = 0.9
"""The share of a simulated survey's people that are sure to have a weight."""


def mistakes(study: Study) -> list[Mistake]:
    """List what is wrong with an experiment; names first, since the rest builds on them."""
    for find in (
        unknown_references,
        unsimulated_surveys,
        reserved_names,
        incomplete_mappings,
        unknown_variants,
        chat_needed,
        unsupported_answer_modes,
        unable_to_score,
        text_needed,
        unfit_reasoning,
        unmatched_traits,
        doubled_offers,
        unknown_options,
        unknown_subgroups,
        missing_sentences,
        missing_files,
    ):
        found = list(find(study))
        if found:
            return found
    return []


def unsimulated_surveys(study: Study) -> Iterator[Mistake]:
    """Find surveys that are to be simulated, but have no population."""
    catalogue = study.catalogue
    for name in study.experiment.surveys:
        people = study.people(name)
        if people == SIMULATED and name in catalogue.names("populations"):
            catalogue.load("populations", name)
        elif people == SIMULATED:
            file = catalogue.path("populations", name)
            sentence = f"{name} cannot be simulated, there is no {file}; give its .sav"
            yield Mistake(("humans", name), people, sentence)


def reserved_names(study: Study) -> Iterator[Mistake]:
    """Find conditions with a name that tables give to another row."""
    for name in RESERVED.keys() & study.experiment.conditions.keys():
        sentence = f"{name} is what tables call {RESERVED[name]}; choose another name"
        yield Mistake(("conditions", name), study.condition(name).persona, sentence)


def unknown_variants(study: Study) -> Iterator[Mistake]:
    """Find traits that are to be asked in a variant they do not have."""
    for name, variant in study.experiment.traits.variants.items():
        known = study.catalogue.traits()[name].variants
        if variant not in known:
            sentence = f"unknown name; {suggest(variant, known)}"
            yield Mistake(("traits", "variants", name), variant, sentence)


def unmatched_traits(study: Study) -> Iterator[Mistake]:
    """Find traits that a survey or the stories are not asked, or that are not recoded."""
    e = study.experiment
    for i, trait in enumerate(e.traits.open_ended):
        if trait not in e.traits.ask:
            sentence = "stories are not asked for it; add it to traits.ask, or leave it out here"
            yield Mistake(("traits", "open_ended", i), trait, sentence)
    for name in e.surveys:
        asked = study.survey(name).traits
        for variant, own in e.matching.variants.items():
            inner = ("variants", variant) if own.traits else ()
            key = ("matching", *inner, "traits")
            for trait in study.matched_on(name, variant):
                if trait not in asked:
                    yield _unasked(study, name, key, trait)
                elif trait not in e.traits.ask:
                    yield Mistake(key, trait, "stories are not asked for it; add it to traits.ask")
                else:
                    yield from _unfolded(study, name, trait)
        for trait in study.persona_traits(name):
            if trait not in asked:
                yield _unasked(study, name, ("personas", "traits"), trait)


def doubled_offers(study: Study) -> Iterator[Mistake]:
    """Find questions about stories that have the option to decline already."""
    e = study.experiment
    decline = e.traits.decline_option or ""
    for name in (name for name in e.traits.ask if name not in e.traits.open_ended):
        trait = study.traits()[name]
        for question in (trait, *trait.steps):
            if decline.casefold() in (option.text.casefold() for option in question.options):
                sentence = f"is an option of {name} already; choose other words, or null"
                yield Mistake(("traits", "decline_option"), decline, sentence)


def _unasked(study: Study, survey: str, key: Key, trait: str) -> Mistake:
    """Tell of a trait that a survey's declaration does not have, and of both ways out."""
    file = study.catalogue.path("surveys", survey)
    known = suggest(trait, study.survey(survey).traits)
    sentence = (
        f"{file} has no such trait; {known} "
        f"Declare it there, or give {survey} a list of its own under {'.'.join(map(str, key))}"
    )
    return Mistake(key, trait, sentence)


def _unfolded(study: Study, survey: str, trait: str) -> Iterator[Mistake]:
    """Find options that stories are asked and a survey does not recode, or that no variant asks."""
    recoded = set(study.survey(survey).traits[trait].recode)
    asked, known = set(study.traits()[trait].ids), study.catalogue.traits()[trait].every_id
    odd = sorted((asked - recoded) | (recoded - known))
    if odd:
        file = study.catalogue.path("surveys", survey)
        sentence = (
            f"{file}: traits.{trait}.recode and the options in {TRAITS} differ in "
            f"{', '.join(odd)}; each option must be recoded"
        )
        yield Mistake(("matching", "traits"), trait, sentence)


def missing_sentences(study: Study) -> Iterator[Mistake]:
    """Find styles that lack a sentence for a trait of the personas."""
    for name, condition in study.experiment.conditions.items():
        if condition.style is None:
            continue
        kind = condition.style_kind
        prompt = study.prompt(kind, condition.style)
        sentences = prompt.style.traits if kind == "writers" else prompt.traits
        surveys = study.experiment.surveys
        shown = {trait for survey in surveys for trait in study.persona_traits(survey)}
        for trait in sorted(shown - set(sentences)):
            file = study.catalogue.path(f"prompts/{kind}", condition.style)
            sentence = f"{file} has no sentence for the trait {trait}; {suggest(trait, sentences)}"
            yield Mistake(("conditions", name, "style"), condition.style, sentence)


def unfit_sizes(study: Study, counted: Mapping[str, int], stories: int | None) -> Iterator[Mistake]:
    """Find one-to-one matchings that are sure to have more respondents than stories.

    Parameters
    ----------
    study
        The experiment.
    counted
        For survey files that were read, how many people they have.
    stories
        How many stories there will be; None where that is not known.
    """
    e = study.experiment
    one_to_one = {
        condition
        for condition in e.compare
        for matching in [study.condition(condition).matching]
        if matching is not None and e.matching.variants[matching].method != "greedy"
    }
    for name in e.surveys if stories is not None and one_to_one else []:
        found = _simulated(study, name) if study.people(name) == SIMULATED else counted.get(name, 0)
        people = min(found, for_survey(e.respondents, name) or found)
        if stories is not None and people > stories:
            yield Mistake(
                ("backstories", "natural", "count"),
                "all" if e.backstories.natural.count is None else stories,
                f"there are {stories} stories; {name} has {people:.0f} respondents or more, and "
                f"{', '.join(sorted(one_to_one))} "
                "match one story to each; expected at least as many stories, or fewer respondents",
            )


def _simulated(study: Study, survey: str) -> float:
    """Return how many people of a simulated survey are sure to take part."""
    if study.experiment.filters.respondents.named:
        return 0
    # A few have no weight and are left out.
    return for_survey(study.experiment.population, survey) * _WEIGHTED


def missing_files(study: Study) -> Iterator[Mistake]:
    """Find paths that lead to no file."""
    files: list[tuple[Key, str]] = [
        (("humans", name), study.people(name))
        for name in study.experiment.surveys
        if study.people(name) != SIMULATED
    ]
    if study.stories_file is not None:
        files.append((("backstories", "natural", "file"), study.stories_file))
    for key, file in files:
        if not Path(file).is_file():
            folder = Path(file).parent
            beside = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
            near = suggest(Path(file).name, beside) if beside else f"there is no folder {folder}."
            wanted = f'a file, or "{SIMULATED}"' if key[0] == "humans" else "a file"
            sentence = f"is no file; expected {wanted}. {near[0].upper()}{near[1:]}"
            yield Mistake(key, file, sentence)
        elif set(file) & set("{}"):
            yield Mistake(key, file, "has a brace, which Snakemake reads as a wildcard; rename it")
