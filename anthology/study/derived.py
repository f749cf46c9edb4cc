"""Settings of stages that are computed from the experiment, each by one function.

A stage's `Settings` names the function in `Derived`. All functions return plain JSON types.
"""

from hashlib import blake2b
from pathlib import Path
from typing import Any

from anthology.config.stage import From
from anthology.config.types import for_survey
from anthology.study.sources import copy, plain
from anthology.study.study import Study

UNUSED_SEED = 0
"""Stands for the seed where a stage draws nothing, so that a new seed leaves it alone."""


class Derivations:
    """Computes settings from a study for a rule's wildcards."""

    def __init__(self, study: Study, wildcards: Any) -> None:
        self._study, self._e, self._w = study, study.experiment, wildcards

    def rows(self) -> list[list[str]]:
        """Return model and condition of each row of a survey's tables."""
        return [list(row) for row in self._study.rows()]

    def seed_of_sample(self) -> int:
        """Return the seed, where respondents are drawn."""
        return self._e.seed if for_survey(self._e.respondents, self._w.survey) else UNUSED_SEED

    def seed_of_file(self) -> int:
        """Return the seed, where stories from a file are shuffled."""
        return self._e.seed if self._e.backstories.natural.shuffle else UNUSED_SEED

    def include(self) -> dict[str, list[int]]:
        """Return the survey's codes of which a respondent must have one, by trait."""
        return self._study.filtered(self._w.survey, self._e.filters.respondents.include)

    def exclude(self) -> dict[str, list[int]]:
        """Return the survey's codes of which a respondent must have none, by trait."""
        return self._study.filtered(self._w.survey, self._e.filters.respondents.exclude)

    def critic_model(self) -> Any:
        """Return the critic's model, where there is a critic."""
        keep = self._e.backstories.keep
        return self._study.identity(keep.critic_model) if keep.critic else None

    def story_system(self) -> str:
        """Return the role description for a chat model that writes natural stories."""
        natural = self._e.backstories.natural
        prompt = self._study.prompt("stories", natural.prompt)
        return prompt.system if self._study.is_chat(natural.model) else ""

    def story_names(self) -> Any:
        """Return the names before question and answer in a natural story; none for a chat model."""
        return _names(self._study, self._e.backstories.natural.model, self._e.traits.format)

    def primed_layout(self) -> Any:
        """Return how a writer's questions are laid out, where it is given questions."""
        if self._study.prompt("writers", self._w.style).style.form == "questions":
            return plain(self._e.formats[self._e.questions.format])
        return _names(self._study, self._e.backstories.primed.model, self._e.questions.format)

    def openings(self) -> list[str]:
        """Return the questions that natural stories answer; those from a file answer the first."""
        natural = self._e.backstories.natural
        questions: list[str] = self._study.prompt("stories", natural.prompt).asked
        return questions if natural.file is None else questions[:1]

    def persona_openings(self) -> list[str]:
        """Return the questions that the stories of a condition's personas answer."""
        questions = self.openings()
        by_persona = {"matched": questions, "primed": questions[:1]}
        return by_persona.get(self._study.condition(self._w.condition).persona, [])

    def persona_traits(self) -> list[dict[str, Any]]:
        """Return the traits that describe a persona, in order, with question and own labels."""
        known = self._study.survey(self._w.survey).traits
        return [
            {
                "name": name,
                "question": self._study.traits()[name].question,
                **plain(known[name], "labels"),
            }
            for name in self._study.persona_traits(self._w.survey)
        ]

    def style(self) -> Any:
        """Return how a condition words traits; None where it does not."""
        condition = self._study.condition(self._w.condition)
        if condition.persona == "primed" or condition.style is None:
            return None
        return plain(self._study.prompt("styles", condition.style))

    def styled_traits(self) -> list[dict[str, Any]]:
        """Return the traits that describe a condition's personas; none without a style."""
        return self.persona_traits() if self.style() else []

    def shuffles_traits(self) -> bool:
        """Say whether a condition's traits are put in a random order."""
        return self._e.personas.shuffle and len(self.styled_traits()) > 1

    def seed_of_traits(self) -> int:
        """Return the seed, where a condition's traits are put in a random order."""
        return self._e.seed if self.shuffles_traits() else UNUSED_SEED

    def style_layout(self) -> Any:
        """Return how a style's questions are laid out, where it lists options."""
        lists_options = (self.style() or {}).get("options")
        return (
            copy(self._study, From("formats.{questions.format}"), self._w)
            if lists_options
            else None
        )

    def frame(self) -> dict[str, Any]:
        """Return what frames the items of a condition."""
        return _frame(self._study, self._study.questions(self._w.condition).prompt, self._w.model)

    def trait_frame(self) -> dict[str, Any]:
        """Return what frames the questions that stories are asked."""
        return _frame(self._study, self._e.traits.prompt, self._e.traits.model)

    def open_ended(self) -> list[str]:
        """Return the traits whose question is put without options, in order."""
        return [name for name in self._e.traits.ask if name in self._e.traits.open_ended]

    def asked_traits(self) -> dict[str, Any]:
        """Return the traits that stories are asked, with open questions only where they are put."""
        unused: Any = {"open_question": True, "steps": {"__all__": {"open_question"}}}
        free = self.open_ended()
        return {
            name: self._study.traits()[name].model_dump(
                mode="json", exclude=None if name in free else unused
            )
            for name in self._e.traits.ask
        }

    def reader(self) -> Any:
        """Return the reader's prompt, where a trait that is asked may be stated in the story."""
        looks = any(self._study.traits()[name].look_in_story for name in self._e.traits.ask)
        return (
            plain(self._study.prompt("readers", self._e.traits.reader))
            if self._e.traits.reader and looks
            else None
        )

    def reader_model(self) -> Any:
        """Return the reader's model, where there is a reader."""
        return self._study.identity(self._e.traits.reader_model) if self.reader() else None

    def coder(self) -> Any:
        """Return the coder's prompt, where a trait is asked without options."""
        name = self._e.traits.coder
        return plain(self._study.prompt("coders", name)) if name and self.open_ended() else None

    def coder_model(self) -> Any:
        """Return the coder's model, where there is a coder."""
        return self._study.identity(self._e.traits.coder_model) if self.coder() else None

    def matched_traits(self) -> dict[str, Any]:
        """Return the traits that a matching compares, and how options are recoded to them."""
        known = self._study.survey(self._w.survey).traits
        names = self._study.matched_on(self._w.survey, self._w.matching)
        return {name: plain(known[name], "variable", "codes", "recode") for name in names}

    def matching_of(self) -> dict[str, str]:
        """Return the matching of each compared condition that has one."""
        conditions = [(name, self._study.condition(name)) for name in self._e.compare]
        return {name: known.matching for name, known in conditions if known.matching is not None}

    def matchings(self) -> dict[str, Any]:
        """Return the traits that each matching of a compared condition compares."""
        known = self._study.survey(self._w.survey).traits
        return {
            matching: {
                name: plain(known[name], "variable", "codes", "recode")
                for name in self._study.matched_on(self._w.survey, matching)
            }
            for matching in self._study.matchings()
        }

    def subgroups(self) -> list[list[dict[str, Any]]]:
        """Return the divisions of respondents into groups; several in one entry are crossed."""
        entries = self._e.metrics.subgroups
        return [
            [
                _division(self._study, self._w.survey, name)
                for name in ([entry] if isinstance(entry, str) else entry)
            ]
            for entry in entries
        ]

    def item_labels(self) -> dict[str, Any]:
        """Return our own words for options, by item."""
        items = self._study.survey(self._w.survey).items
        return {item.variable: plain(item, "labels")["labels"] for item in items}

    def trait_labels(self) -> dict[str, Any]:
        """Return our own words for categories, by trait."""
        traits = self._study.survey(self._w.survey).traits
        return {name: plain(source, "labels")["labels"] for name, source in traits.items()}

    def wordings(self) -> dict[str, str]:
        """Return the items that have our own wording, with it."""
        items = self._study.survey(self._w.survey).items
        return {item.variable: item.wording for item in items if item.wording}

    def drawn_traits(self) -> dict[str, Any]:
        """Return the traits that figures show, where a condition has matched stories."""
        kept = ("variable", "codes", "labels", "recode")
        return {
            name: plain(source, *kept)
            for name, source in self._study.survey(self._w.survey).traits.items()
            if name in self._e.traits.ask and self._study.matchings()
        }

    def nominal_items(self) -> list[str]:
        """Return the items whose options have no order."""
        return [
            item.variable
            for item in self._study.survey(self._w.survey).items
            if item.scale == "nominal"
        ]

    def baseline_traits(self) -> dict[str, list[int]]:
        """Return the traits by which respondents count as alike, with their codes."""
        names = for_survey(self._e.matching.traits, self._w.survey)
        return {name: self._study.survey(self._w.survey).traits[name].codes for name in names}

    def published_surveys(self) -> dict[str, Any]:
        """Return items and group traits of the surveys with published numbers."""
        published = self._study.published().surveys
        return {
            survey: {
                "items": [
                    plain(item, "variable", "codes") for item in self._study.survey(survey).items
                ],
                "traits": {
                    group.trait: self._study.survey(survey).traits[group.trait].codes
                    for group in published[survey].groups
                    if group.trait in self._study.survey(survey).traits
                },
            }
            for survey in self._e.surveys
            if survey in published
        }

    def tables_at_hand(self) -> dict[str, str]:
        """Return the tables of published surveys that are there, each with a hash of its content.

        They are settings and no inputs, so that a look at them makes Snakemake run nothing.
        """
        tables = [Path(f"results/{survey}/metrics.csv") for survey in self.published_surveys()]
        return {
            str(table): blake2b(table.read_bytes(), digest_size=8).hexdigest()
            for table in tables
            if table.is_file()
        }

    def configuration(self) -> dict[str, Any]:
        """Return the whole experiment, but into how many jobs it is split."""
        return self._e.model_dump(mode="json", exclude={"shards"})


def _division(study: Study, survey: str, name: str) -> dict[str, Any]:
    grouping = study.experiment.metrics.groupings.get(name)
    trait = grouping.trait if grouping else name
    source = study.survey(survey).traits[trait]
    return {
        "name": name,
        "trait": trait,
        "codes": source.codes,
        # The groups of a grouping have names of their own.
        "labels": {} if grouping else plain(source, "labels")["labels"],
        "groups": grouping and study.grouped(survey, grouping),
    }


def _names(study: Study, model: str, layout: str) -> Any:
    """Return the names before questions and answers, which a chat model is not shown."""
    formats = study.experiment.formats
    return None if study.is_chat(model) else plain(formats[layout], "asker", "answerer")


def _frame(study: Study, prompt: str, model: str) -> dict[str, Any]:
    """Return what frames questions, less what a model that continues texts is not shown."""
    known = plain(study.prompt("surveys", prompt))
    return known if study.is_chat(model) else known | {"system": ""}
