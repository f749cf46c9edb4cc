"""Filters, groupings and subgroups that name what is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from anthology.spelling import suggest
from anthology.study.checks.problem import Key, Mistake

if TYPE_CHECKING:
    from anthology.study.study import Study


def unknown_options(study: Study) -> Iterator[Mistake]:
    """Find traits and options in filters and groupings that a survey or the stories do not have."""
    e = study.experiment
    people, stories = e.filters.respondents, e.filters.backstories
    key: Key
    own: list[tuple[Key, Mapping[str, Sequence[str]]]] = [
        (("filters", "respondents", "include"), people.include),
        (("filters", "respondents", "exclude"), people.exclude),
    ]
    for name in {part for entry in e.metrics.subgroups for part in _parts(entry)}:
        if name in e.metrics.groupings:
            grouping = e.metrics.groupings[name]
            key = ("metrics", "groupings", name, "groups")
            own += [
                ((*key, group), {grouping.trait: names}) for group, names in grouping.groups.items()
            ]
    for survey in e.surveys:
        traits = study.survey(survey).traits
        for key, named in own:
            for trait, options in named.items():
                known = traits[trait].recode if trait in traits else {}
                yield from _odd(key, trait, options, list(traits), list(known), survey)
                if set(options) <= set(known) and not traits[trait].holding(options):
                    sentence = (
                        f"{survey} has no such respondents; its {trait} recodes them to no code"
                    )
                    yield Mistake((*key, trait), options, sentence)
    asked = {name: [option.id for option in study.traits()[name].options] for name in e.traits.ask}
    for side, named in (("include", stories.include), ("exclude", stories.exclude)):
        for trait, options in named.items():
            key = ("filters", "backstories", side)
            yield from _odd(key, trait, options, list(asked), asked.get(trait, []), "traits.ask")


def _odd(
    key: Key,
    trait: str,
    options: Sequence[str],
    traits: Sequence[str],
    known: Sequence[str],
    whose: str,
) -> Iterator[Mistake]:
    if trait not in traits:
        yield Mistake(
            (*key, trait), options, f"{whose} has no such trait; {suggest(trait, traits)}"
        )
        return
    for option in options:
        if option not in known:
            yield Mistake((*key, trait), option, f"unknown option; {suggest(option, known)}")


def unknown_subgroups(study: Study) -> Iterator[Mistake]:
    """Find subgroups that are neither a trait of every survey nor a grouping."""
    metrics = study.experiment.metrics
    for i, entry in enumerate(metrics.subgroups):
        for name in _parts(entry):
            for survey in study.experiment.surveys:
                traits = study.survey(survey).traits
                known = [*traits, *metrics.groupings]
                if name not in known:
                    sentence = (
                        f"{survey} has no such trait, and no grouping; {suggest(name, known)}"
                    )
                    yield Mistake(("metrics", "subgroups", i), name, sentence)
    for name, grouping in metrics.groupings.items():
        all_traits = study.traits()
        if grouping.trait not in all_traits:
            key = ("metrics", "groupings", name, "trait")
            near = suggest(grouping.trait, all_traits)
            yield Mistake(key, grouping.trait, f"unknown name; {near}")
        if name in all_traits:
            sentence = "is the name of a trait; choose another"
            yield Mistake(("metrics", "groupings", name), name, sentence)


def _parts(entry: str | list[str]) -> list[str]:
    return [entry] if isinstance(entry, str) else entry
