"""An auction in which stories bid for the seats of profiles.

Respondents of one profile are interchangeable, so a profile has as many equal seats as
respondents, and stories left over take the seats of a further profile to which nobody is
similar. A story bids for a seat of the profile at which it gains most, similarity less
price, and offers so much that it would gain as much at the next best, and a little more, the
increment. Who bids least in a full profile loses the seat and bids again; a full profile's
price is its lowest bid. When all are seated, each is within the increment of the best for it.
A smaller increment then starts from these prices.

Source: the auction algorithm with scaled increments, for objects that are similar; Bertsekas
and Castanon, "The auction algorithm for the transportation problem", Annals of Operations
Research 20 (1989).
"""

from heapq import heappop, heappush, heapreplace

import numpy as np

from anthology.matching.dual_bound import Market
from anthology.matching.similarity import IntArray

_LISTED = 48
"""Profiles that a story keeps in sight; two at least."""
_SLACK = 20
"""By how many increments others may be worse than what a story can do without a list."""
_NOBODY = np.inf


class Auction:
    """Seats, prices and bids.

    Parameters
    ----------
    market
        Profiles, their seats, and the stories.
    largest
        The largest similarity.

    Notes
    -----
    Similarities are never all in memory. What most profiles are to a story is 0, and of these
    only the cheapest two can matter, which are the same for all stories. Of the others a story
    lists those where it gains most; since prices only rise, no other passes what was the best
    of the others when the list was made, and the list is good while it holds two better than
    that.
    """

    def __init__(self, market: Market, largest: float) -> None:
        found = market.found
        self._seats: list[int] = market.seats.tolist()
        self._largest = largest
        self._values = np.ascontiguousarray(np.concatenate(found.traits).T)
        heights = np.cumsum([0, *(len(trait) for trait in found.traits)])
        cut = found.halves[0].shape[1]
        self._first = (found.halves[0] + heights[:cut]).T
        self._second = (found.halves[1] + heights[cut:-1]).T
        self._left, self._right = np.ascontiguousarray(found.combinations.T)

        self.prices = np.zeros(len(self._seats))
        """What a seat of each profile costs."""
        self.bids = 0
        """How many bids were made so far."""
        self._asked = self.prices.tolist()
        self._cheapest = [(0.0, profile) for profile in range(len(self._seats))]
        self._lists: list[tuple[list[int], list[float]]] = [([], [])] * found.stories
        self._unlisted = [_NOBODY] * found.stories

    def run(self, increment: float) -> IntArray:
        """Seat all stories, each within the increment of what is best for it.

        Parameters
        ----------
        increment
            By how much a bid exceeds what would be as good as the next best.

        Returns
        -------
        IntArray
            For each story its profile.
        """
        asked, lists, unlisted, seats = self._asked, self._lists, self._unlisted, self._seats
        held: list[list[tuple[float, int]]] = [[] for _ in seats]
        waiting = list(range(len(lists)))
        low, cheapest, low_next, cheapest_next = self._low()
        while waiting:
            story = waiting.pop()
            self.bids += 1
            if asked[cheapest] != low or asked[cheapest_next] != low_next:
                low, cheapest, low_next, cheapest_next = self._low()
            while True:
                # What a story can do at profiles to which it is not similar at all.
                best, second, profile, similarity = -low, -low_next, cheapest, 0.0
                for other, alike in zip(*lists[story], strict=True):
                    if alike - low <= second:
                        break
                    gain = alike - asked[other]
                    if gain > best:
                        best, second, profile, similarity = gain, best, other, alike
                    elif gain > second:
                        second = gain
                if second >= unlisted[story]:
                    break
                self._list(story, -low_next - _SLACK * increment)
            # Where there is no next best, a bid need not be higher than this.
            second = max(second, best - self._largest)
            bid = (similarity - second + increment, story)
            bids = held[profile]
            if len(bids) < seats[profile]:
                heappush(bids, bid)
                if len(bids) < seats[profile]:
                    continue
            else:
                waiting.append(heapreplace(bids, bid)[1])
            if bids[0][0] > asked[profile]:
                asked[profile] = self.prices[profile] = bids[0][0]
        seat_of = np.empty(len(lists), dtype=np.int64)
        for profile, bids in enumerate(held):
            seat_of[[story for _, story in bids]] = profile
        return seat_of

    def _low(self) -> tuple[float, int, float, int]:
        """Return the two lowest prices and whose they are; there may be one profile only."""
        first = self._fresh()
        if len(self._cheapest) == 1:
            return *first, np.inf, first[1]
        heappop(self._cheapest)
        second = self._fresh()
        heappush(self._cheapest, first)
        return *first, *second

    def _fresh(self) -> tuple[float, int]:
        """Return the lowest price after those that have risen are put where they belong."""
        while (price := self._asked[self._cheapest[0][1]]) > self._cheapest[0][0]:
            heapreplace(self._cheapest, (price, self._cheapest[0][1]))
        return self._cheapest[0]

    def _list(self, story: int, floor: float) -> None:
        """List the profiles at which a story gains most and more than a floor, by similarity."""
        values = self._values[story]
        first = np.multiply.reduce(values[self._first], axis=0)
        second = np.multiply.reduce(values[self._second], axis=0)
        alike = first[self._left] * second[self._right]
        gains = alike - self.prices[: len(alike)]
        listed = np.flatnonzero((alike > 0) & (gains > floor))
        if len(listed) > _LISTED:
            places = np.argpartition(gains[listed], len(listed) - _LISTED - 1)
            floor = float(gains[listed[places[len(listed) - _LISTED - 1]]])
            listed = listed[places[len(listed) - _LISTED :]]
        order = listed[np.lexsort((listed, -alike[listed]))]
        self._unlisted[story] = floor
        self._lists[story] = order.tolist(), alike[order].tolist()
