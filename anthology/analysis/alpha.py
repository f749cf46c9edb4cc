"""The forms of Cronbach's alpha beside the published one, and why one is missing.

=================  =============================================================
cronbach_alpha     as published: unweighted, each covariance over the people who
                   answered both items
alpha_complete     over the people who answered every item
alpha_weighted     with the people's weights
alpha_keyed        items that run against the others reverse-coded: k + 1 - x
=================  =============================================================
"""

from collections.abc import Sequence

import numpy as np

from anthology.analysis.groups import FloatArray, is_complete
from anthology.analysis.metrics import cronbach_alpha, why_alpha_undefined
from anthology.survey.respondents import Positions

ALPHA_FORMS = ("cronbach_alpha", "alpha_complete", "alpha_weighted", "alpha_keyed")
"""The forms, by their columns."""


def alpha_forms(
    positions: Positions,
    weights: FloatArray,
    sizes: Sequence[int],
    against: Sequence[bool],
    names: Sequence[str],
) -> tuple[dict[str, float], list[str]]:
    """Return alpha in every form, and why any of them is undefined.

    Parameters
    ----------
    positions
        People x items.
    weights
        One for each person.
    sizes
        How many options each item has.
    against
        Which items run against the others.
    names
        The items' names, for the sentences.
    """
    inputs: tuple[tuple[Positions, FloatArray | None], ...] = (
        (positions, None),
        (positions[is_complete(positions)], None),
        (positions, weights),
        (reverse_items(positions, sizes, against), None),
    )
    forms = dict(zip(ALPHA_FORMS, inputs, strict=True))
    notes = []
    for form, (answers, own) in forms.items():
        reasons = why_alpha_undefined(answers, names, own)
        notes += reasons if form == ALPHA_FORMS[0] else [f"{form}: {why}" for why in reasons]
    return {form: cronbach_alpha(*given) for form, given in forms.items()}, notes


def reverse_items(positions: Positions, sizes: Sequence[int], against: Sequence[bool]) -> Positions:
    """Reverse-code the items that run against the others; no answer stays none."""
    reverse = (positions > 0) & np.array(against, dtype=np.bool_)
    return np.where(reverse, np.array(sizes, dtype=np.int16) + 1 - positions, positions)
