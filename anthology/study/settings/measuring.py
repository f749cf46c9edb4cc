"""What each stage that measures or shows something may know of the experiment."""

from hashlib import blake2b
from pathlib import Path
from typing import Any

from anthology.config.types import for_survey
from anthology.study.settings.common import Setting, plain
from anthology.study.study import Study


def compared(study: Study, *keys: str) -> dict[str, Setting]:
    """Return which answers an analysis looks at; `keys` of an item are all that it may know."""
    return {
        "survey": lambda w: w.survey,
        "items": lambda w: [plain(item, *keys) for item in study.survey(w.survey).items],
        "rows": lambda w: [list(row) for row in study.rows()],
    }


def metrics(study: Study) -> dict[str, Setting]:
    """Return what a survey's table depends on."""
    e = study.experiment
    return {
        **compared(study, "variable", "codes"),
        "seed": lambda w: e.seed,
        "splits": lambda w: e.metrics.splits,
        "persona_weights": lambda w: e.metrics.persona_weights,
    }


def metrics_full(study: Study) -> dict[str, Setting]:
    """Return what the metrics in all their forms depend on."""
    e = study.experiment
    kept = ("variable", "codes", "recode")
    return {
        **compared(study, "variable", "codes", "reverse_coded"),
        "seed": lambda w: e.seed,
        "splits": lambda w: e.metrics.splits,
        "matched": lambda w: {
            name: matching
            for name in e.compare
            if (matching := study.condition(name).matching) is not None
        },
        "matchings": lambda w: {
            matching: {
                name: plain(study.survey(w.survey).traits[name], *kept)
                for name in study.matched_on(w.survey, matching)
            }
            for matching in study.matchings()
        },
    }


def comparisons(study: Study) -> dict[str, Setting]:
    """Return what the intervals and the tests of a survey's table depend on."""
    e = study.experiment
    return {
        **metrics(study),
        "bootstrap_resamples": lambda w: e.metrics.bootstrap_resamples,
        "confidence": lambda w: e.metrics.confidence,
    }


def subgroups(study: Study) -> dict[str, Setting]:
    """Return what a survey's table of subgroups depends on."""
    e = study.experiment

    def division(w: Any, name: str) -> dict[str, Any]:
        grouping = e.metrics.groupings.get(name)
        trait = grouping.trait if grouping else name
        source = study.survey(w.survey).traits[trait]
        groups = grouping and study.grouped(w.survey, grouping)
        # The groups of a grouping have names of their own.
        labels = {} if grouping else plain(source, "labels")["labels"]
        return {
            "name": name, "trait": trait, "codes": source.codes, "labels": labels, "groups": groups,
        }  # fmt: skip

    return {
        **metrics(study),
        "subgroups": lambda w: [
            [division(w, name) for name in ([entry] if isinstance(entry, str) else entry)]
            for entry in e.metrics.subgroups
        ],
        "min_group_size": lambda w: e.metrics.min_group_size,
    }


def items(study: Study) -> dict[str, Setting]:
    """Return what the tables of a survey's items depend on."""
    e = study.experiment
    return {
        **compared(study, "variable", "codes"),
        "labels": lambda w: {
            item.variable: plain(item, "labels")["labels"] for item in study.survey(w.survey).items
        },
        "persona_weights": lambda w: e.metrics.persona_weights,
        "confidence": lambda w: e.metrics.confidence,
    }


def figures(study: Study) -> dict[str, Setting]:
    """Return what the figures of a survey depend on."""
    kept = ("variable", "codes", "labels", "recode")
    return {
        "survey": lambda w: w.survey,
        "wordings": lambda w: {
            item.variable: item.wording for item in study.survey(w.survey).items if item.wording
        },
        "traits": lambda w: {
            name: plain(source, *kept)
            for name, source in study.survey(w.survey).traits.items()
            if name in study.experiment.traits.ask and study.matchings()
        },
    }


def exports(study: Study) -> dict[str, Setting]:
    """Return what a survey's exports depend on."""
    return {
        **compared(study, "variable", "codes"),
        "id": lambda w: study.survey(w.survey).id,
        "weight": lambda w: study.survey(w.survey).weight,
        "traits": lambda w: {
            name: plain(source, "variable", "codes", "labels")
            for name, source in study.survey(w.survey).traits.items()
        },
        "asked": lambda w: [
            plain(item, "variable", "codes", "labels", "wording", "scale")
            for item in study.survey(w.survey).items
        ],
    }


def explorer(study: Study) -> dict[str, Setting]:
    """Return what the page to look at single personas depends on."""
    e = study.experiment
    return {
        **compared(study, "variable", "codes"),
        "seed": lambda w: e.seed,
        "respondents": lambda w: e.explorer.respondents,
        "labels": lambda w: {
            name: plain(source, "labels")["labels"]
            for name, source in study.survey(w.survey).traits.items()
        },
        "matchings": lambda w: {
            name: e.conditions[name].matching for name in e.compare if e.conditions[name].matching
        },
    }


def individuals(study: Study) -> dict[str, Setting]:
    """Return what the comparison of each persona with its person depends on."""
    e = study.experiment
    return {
        **compared(study, "variable", "codes"),
        "seed": lambda w: e.seed,
        "bootstrap_resamples": lambda w: e.metrics.bootstrap_resamples,
        "confidence": lambda w: e.metrics.confidence,
        "nominal": lambda w: [
            item.variable for item in study.survey(w.survey).items if item.scale == "nominal"
        ],
        "traits": lambda w: {
            name: study.survey(w.survey).traits[name].codes
            for name in for_survey(e.matching.traits, w.survey)
        },
    }


def reproduction(study: Study) -> dict[str, Setting]:
    """Return what the comparison with the published study depends on."""
    e = study.experiment
    published = study.published()

    def measured(survey: str) -> dict[str, Any]:
        known = study.survey(survey)
        return {
            "items": [plain(item, "variable", "codes") for item in known.items],
            "traits": {
                group.trait: known.traits[group.trait].codes
                for group in published.surveys[survey].groups
                if group.trait in known.traits
            },
        }

    return {
        "seed": lambda w: e.seed,
        "splits": lambda w: e.metrics.splits,
        "surveys": lambda w: {s: measured(s) for s in e.surveys if s in published.surveys},
        "published": lambda w: plain(published),
        "tables": lambda w: _at_hand([s for s in e.surveys if s in published.surveys]),
    }


def _at_hand(surveys: list[str]) -> dict[str, str]:
    """Return the tables of surveys that are there, each with a hash of its content.

    They are settings and no inputs, so that nobody is asked anything to look at them again.
    """
    tables = [Path(f"results/{survey}/metrics.csv") for survey in surveys]
    return {
        str(table): blake2b(table.read_bytes(), digest_size=8).hexdigest()
        for table in tables
        if table.is_file()
    }


def summary(study: Study) -> dict[str, Setting]:
    """Return what the joined table depends on."""
    return {"surveys": lambda w: study.experiment.surveys}


def record(study: Study) -> dict[str, Setting]:
    """Return what the record of a run depends on: all but into how many jobs it is split."""
    return {"configuration": lambda w: study.experiment.model_dump(mode="json", exclude={"shards"})}
