"""The dual bound: a proof of how large a total similarity can be at most.

An auction ends with prices near the optimum, and nothing in it says how near. The bound is
what makes its result usable: it holds for any prices and takes one pass over all pairs.

Let every profile p have a price. A story j is worth to it what their similarity a(p, j)
exceeds the price by. Then no way of giving each respondent a story of its own has a larger
total than

    sum over p of seats(p) price(p)  +  sum over j of max over p of (a(p, j) - price(p)),

whatever the prices: a(p, j) is at most the price plus what is the most for j, and over the
pairs of an assignment these add up to the sums above. Here the seats of a profile are its
respondents, and the stories that are left over have a profile of their own, to which
each story is similar by 0. This is the dual of the assignment as a linear programme.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum

import numpy as np

from anthology.matching.similarity import FloatArray, IntArray, Similarities

_ENTRIES = 2**20
_ROUNDING = 2.0**-52
RESOLUTION = 2.0**-46
"""Prices nearer to each other than this share of the largest similarity count as equal."""


@dataclass(frozen=True, slots=True)
class Market:
    """Profiles with their seats, and the stories that are to take these.

    Parameters
    ----------
    found
        The similarities of respondents and stories.
    seats
        For each profile its respondents, and last, where stories are left over, their number.
    """

    found: Similarities
    seats: IntArray

    @classmethod
    def of(cls, similarities: Similarities) -> "Market":
        """Make a seat for each story."""
        spare = similarities.stories - len(similarities.profile_of)
        return cls(
            similarities, np.append(similarities.sizes, spare) if spare else similarities.sizes
        )

    def largest(self) -> float:
        """Return the largest similarity."""
        return max(float(block.max()) for _, block in self.blocks())

    def total(self, seat_of: IntArray) -> float:
        """Return the total similarity of stories and the profiles that they are given to."""
        stories = np.flatnonzero(seat_of < self.found.profiles)
        return fsum(self.found.between(seat_of[stories], stories))

    def blocks(self, order: IntArray | None = None) -> Iterator[tuple[IntArray, FloatArray]]:
        """Give the similarities of all profiles, the left-over's too, and some stories at a time.

        Parameters
        ----------
        order
            The order in which stories come; their own where there is none.

        Yields
        ------
        tuple
            The stories, and profiles x stories.
        """
        found = self.found if order is None else self.found.reordered(order)
        first, second = found.combinations.T
        step = max(1, _ENTRIES // len(self.seats))
        for start in range(0, found.stories, step):
            left, right = found.factors(start, start + step)
            block = np.zeros((len(self.seats), left.shape[1]))
            np.multiply(left[first], right[second], out=block[: found.profiles])
            stories = np.arange(start, start + block.shape[1])
            yield stories if order is None else order[stories], block


def dual_bound(market: Market, prices: FloatArray) -> float:
    """Return an upper bound of the total of every one-to-one matching, from prices.

    Parameters
    ----------
    market
        Profiles, seats and stories.
    prices
        One for each profile.

    Notes
    -----
    Each pair of an assignment meets one difference of a similarity and a price, which is
    rounded by at most 2^-52 of the larger of the two; seats times prices are rounded by at most
    half as much for each seat, and the sums hardly. Twice 2^-52 of the largest similarity or
    price for each story is added and covers all of it.
    """
    most = np.empty(market.found.stories)
    largest = float(np.abs(prices).max())
    for stories, block in market.blocks():
        largest = max(largest, float(block.max()))
        block -= prices[:, None]
        most[stories] = block.max(axis=0)
    sums = fsum((market.seats * prices).tolist()) + fsum(most.tolist())
    return sums + 2 * len(most) * _ROUNDING * largest


def optimal_prices(market: Market, seat_of: IntArray) -> FloatArray:
    """Return the prices at which an assignment of largest total is best for each story.

    A story of profile q keeps its seat where every other profile p is dearer than q by at least
    a(p, j) - a(q, j). Prices rise from 0 until all are, as in the algorithm of Bellman
    and Ford for longest paths; around no circle of profiles does a path gain, or else the
    assignment would.

    Parameters
    ----------
    market
        Profiles, seats and stories.
    seat_of
        For each story its profile.
    """
    size = len(market.seats)
    gains = np.full((size, size), -np.inf)
    largest = 0.0
    for stories, block in market.blocks(np.argsort(seat_of, kind="stable")):
        largest = max(largest, float(block.max()))
        owners = seat_of[stories]
        block -= block[owners, np.arange(len(stories))]
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        best = np.maximum.reduceat(block, starts, axis=1)
        gains[:, owners[starts]] = np.maximum(gains[:, owners[starts]], best)
    prices = np.zeros(size)
    for _ in range(size):
        raised = np.array([(row + prices).max() for row in gains])
        if (raised <= prices + RESOLUTION * largest).all():
            break
        prices = np.maximum(prices, raised)
    return prices
