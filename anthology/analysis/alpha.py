"""The forms of Cronbach's alpha beside the published one, and why one is missing.

=================  =============================================================
cronbach_alpha     as published: unweighted, each covariance over the people who
                   answered both items
alpha_complete     over the people who answered every item
alpha_weighted     with the people's weights
alpha_keyed        items that run against the others turned round: k + 1 - x
=================  =============================================================
"""

from collections.abc import Sequence

import numpy as np

from anthology.analysis.bootstrap import ALPHA
from anthology.analysis.distances import (
    BoolArray,
    FloatArray,
    cronbach_alpha,
    is_complete,
    why_alpha_undefined,
)

ALPHAS = (ALPHA, "alpha_complete", "alpha_weighted", "alpha_keyed")
"""The forms, by their columns."""


def alpha_forms(
    positions: FloatArray,
    weights: FloatArray,
    sizes: Sequence[int],
    against: Sequence[bool],
    names: Sequence[str],
) -> tuple[dict[str, float], list[str]]:
    """Return alpha in every form, and why those are missing that are.

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
    equal = np.ones(len(positions))
    whole = is_complete(positions)
    forms = {
        ALPHA: (positions, equal),
        "alpha_complete": (positions[whole], equal[whole]),
        "alpha_weighted": (positions, weights),
        "alpha_keyed": (reverse_items(positions, sizes, against), equal),
    }
    found = {form: cronbach_alpha(*given) for form, given in forms.items()}
    said = []
    for form, (given, weighed) in forms.items():
        counted = weighed > 0
        reasons = why_alpha_undefined(given[counted], names, weighed[counted])
        said += reasons if form == ALPHA else [f"{form}: {reason}" for reason in reasons]
    return found, said


def reverse_items(
    positions: FloatArray, sizes: Sequence[int], against: Sequence[bool]
) -> FloatArray:
    """Turn round the items that run against the others."""
    turned: BoolArray = np.array(against, dtype=np.bool_)
    return np.where(turned, np.array(sizes) + 1 - positions, positions)
