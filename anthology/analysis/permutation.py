"""Paired permutation test: whether two sets of personas of the same people differ.

If it did not matter which of the two stood for a person, their answers could be
exchanged, person by person, and the two would be as far apart as before. So they
are exchanged at random, again and again (Good, "Permutation, parametric and bootstrap
tests of hypotheses", 2005).
"""

from collections.abc import Sequence

import numpy as np

from anthology.analysis.groups import BoolArray, FloatArray, IntArray

_TIE = 1e-9
"""Equal differences differ in their last digits when they are added up in another order."""


def draw_sign_flips(people: int, count: int, rng: np.random.Generator) -> BoolArray:
    """Draw which respondents' two answers are exchanged, in each permutation.

    Returns
    -------
    BoolArray
        Draws x people.
    """
    return rng.integers(2, size=(count, people), dtype=np.bool_)


def count_extreme(estimate: float, differences: FloatArray) -> int:
    """Count the exchanges after which the two are at least as far apart, in either direction."""
    return int((np.abs(differences) >= abs(estimate) - _TIE).sum())


def p_value(extreme: int, defined: int) -> float:
    """Return the share of exchanges after which the two are at least as far apart.

    The answers as they are count as one of them, so that no p is 0 and the test is
    never more lenient than it says (Phipson and Smyth, "Permutation p-values should
    never be zero", Statistical Applications in Genetics and Molecular Biology, 2010).
    """
    return (1 + extreme) / (1 + defined)


def holm_adjust(values: Sequence[float]) -> list[float]:
    """Adjust p values for multiple testing.

    Source: Holm, "A simple sequentially rejective multiple test procedure"
    (Scandinavian Journal of Statistics, 1979). A NaN stays one and does not count.
    """
    found = np.array(values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(found))
    order: IntArray = tested[np.argsort(found[tested], kind="stable")]
    left = np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(left * found[order]), 1.0)
    adjusted: list[float] = found.tolist()
    return adjusted
