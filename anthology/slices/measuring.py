"""What each stage that measures or shows something may know of the experiment."""

from anthology.slices.parts import Setting, plain
from anthology.study import Study


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


def summary(study: Study) -> dict[str, Setting]:
    """Return what the joined table depends on."""
    return {"surveys": lambda w: study.experiment.surveys}
