"""Maximum-weight matching: one backstory for each respondent, the largest total similarity.

SciPy solves the full matrix exactly, in seconds, and takes 8 bytes for each pair. Beyond
`SMALL` pairs that is more memory than a job may count on, and an auction, which never holds
the matrix, is as fast. An auction stops at a small increment, so its total must be proven to
be the largest: the dual bound does that for any prices, and checks SciPy's result too.
"""

from dataclasses import dataclass

import numpy as np

from anthology.matching.auction import Auction
from anthology.matching.dual_bound import RESOLUTION, Market, dual_bound, optimal_prices
from anthology.matching.similarity import FloatArray, IntArray, Similarities
from anthology.matching.tie_breaks import TieBreaks

SMALL = 2**26
"""Up to so many pairs of a respondent and a backstory are solved as a full matrix (512 MB)."""
EXACT = 1e-12
"""A total this near to its bound, in relation, is the largest but for rounding."""
LARGE = 2**28
"""Only of more pairs than these may an auction end with a total that is not the largest."""
NEAR = 1e-3
"""How near to its bound the total must be then."""
BIDS = 10_000_000
"""How many bids must have been made before."""
_FIRST = 1 / 50
_SMALLER = 1 / 8


@dataclass(frozen=True, slots=True)
class Assignment:
    """A backstory for each respondent, and a proof of how good the assignment is.

    Parameters
    ----------
    chosen
        For each respondent the row of its story.
    total
        Their total similarity.
    bound
        What no one-to-one matching's total exceeds.
    """

    chosen: IntArray
    total: float
    bound: float

    @property
    def gap(self) -> float:
        """By what share of the bound the total may be below the largest, at most."""
        return _gap(self.total, self.bound)

    @property
    def largest(self) -> bool:
        """Whether no total is larger, but for rounding."""
        return self.gap <= EXACT


def assign_max_weight(
    similarities: Similarities, people: TieBreaks, stories: TieBreaks
) -> Assignment:
    """Assign every respondent a backstory of its own, with the largest total similarity.

    Up to `SMALL` pairs the full matrix is solved. Beyond, backstories bid for respondents in an
    auction, the increment getting smaller until the total is the largest but for rounding; or,
    of more than `LARGE` pairs and after `BIDS` bids, until it is `NEAR`. Either way prices prove
    over all pairs how far the total may be from the largest.

    Which of several equally good assignments the solver finds depends on the order of rows, so
    both sides are first sorted by their tie breaks: the order in the files changes nothing.

    Parameters
    ----------
    similarities
        The similarities.
    people
        One tie break for each respondent.
    stories
        One for each backstory; at least as many.
    """
    shelf = np.argsort(stories)
    market = Market.of(similarities.reordered(shelf))
    solve = _solve_matrix if len(people) * len(stories) <= SMALL else _hold_auction
    placed, prices = solve(market, people)
    profiles = np.full(len(stories), similarities.profiles)
    profiles[placed] = similarities.profile_of
    return Assignment(shelf[placed], market.total(profiles), dual_bound(market, prices))


def _solve_matrix(market: Market, people: TieBreaks) -> tuple[IntArray, FloatArray]:
    """Return for each respondent the place of its story, and prices, from the full matrix."""
    from scipy.optimize import linear_sum_assignment

    found = market.found
    order = np.argsort(people)
    place = np.argsort(order)
    costs = np.empty((len(people), found.stories))
    first, second = found.factors(0, found.stories)
    for members, (i, k) in zip(found.members(), found.combinations.tolist(), strict=True):
        costs[place[members]] = -(first[i] * second[k])
    _, assigned = linear_sum_assignment(costs)
    placed = assigned[place]
    seat_of = np.full(found.stories, found.profiles)
    seat_of[placed] = found.profile_of
    return placed, optimal_prices(market, seat_of)


def _hold_auction(market: Market, people: TieBreaks) -> tuple[IntArray, FloatArray]:
    """Return for each respondent the place of its story, and prices, from an auction."""
    largest = market.largest()
    auction = Auction(market, largest)
    large = len(people) * market.found.stories > LARGE
    # Where nobody is similar to any story, there is nothing to bid for.
    increment, seat_of = largest, np.repeat(np.arange(len(market.seats)), market.seats)
    while increment > RESOLUTION * largest:
        increment *= _SMALLER if auction.bids else _FIRST
        seat_of = auction.run(increment)
        total, enough = market.total(seat_of), EXACT
        if large and auction.bids > BIDS:
            enough = NEAR
        # No gap is wider than this, and few are a hundred times narrower.
        if len(seat_of) * increment > 100 * enough * total:
            continue
        if _gap(total, dual_bound(market, auction.prices)) <= enough:
            break
    placed = np.empty(len(people), dtype=np.int64)
    order = np.argsort(seat_of, kind="stable")
    ends = np.cumsum(market.seats)
    for members, end in zip(market.found.members(), ends.tolist(), strict=False):
        placed[members[np.argsort(people[members])]] = order[end - len(members) : end]
    return placed, auction.prices


def _gap(total: float, most: float) -> float:
    return max(0.0, 1 - total / most) if most > 0 else 0.0
