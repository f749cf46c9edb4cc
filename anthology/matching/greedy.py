"""Greedy matching: the most similar backstory for each respondent; backstories may repeat."""

from collections.abc import Iterator

import numpy as np

from anthology.matching.similarity import IntArray, Similarities
from anthology.matching.tie_breaks import TieBreaks, backstory_tie_breaks, mix_bits, pair_tie_breaks

TIE = 1e-9
"""Equal products differ in the last digits when their factors come in another order."""
CROWD = 2**13
"""Up to so many equally similar stories are compared with each respondent one by one."""
_SHELF = np.uint64(64 - 6)
_BLOCK = 2**13
_AT_ONCE = 2**20


def assign_greedily(similarities: Similarities, people: TieBreaks, stories: TieBreaks) -> IntArray:
    """Assign every respondent the most similar backstory.

    Of equally similar ones a respondent gets that with the lowest tie break. More than `CROWD`
    stand on 64 shelves by their own tie breaks: a first hash chooses the shelf, a second one
    the backstory there, so that not every pair has to be hashed.

    Parameters
    ----------
    similarities
        The similarities.
    people
        One tie break for each respondent.
    stories
        One for each backstory.

    Notes
    -----
    Similarities are computed for a block of stories at a time, and none is kept but the
    largest of each profile and block.
    """
    chosen = np.empty(len(people), dtype=np.int64)
    for members, best in zip(similarities.members(), _best(similarities), strict=True):
        pick = _lowest if len(best) <= CROWD else _shelved
        chosen[members] = best[pick(people[members], stories[best])]
    return chosen


def _best(similarities: Similarities) -> Iterator[IntArray]:
    """Give for each profile the stories that are most similar."""
    starts = range(0, similarities.stories, _BLOCK)
    peaks = np.empty((similarities.profiles, len(starts)))
    for number, start in enumerate(starts):
        first, second = similarities.factors(start, start + _BLOCK)
        for profile, (i, k) in enumerate(similarities.combinations.tolist()):
            peaks[profile, number] = (first[i] * second[k]).max()
    floors = peaks.max(axis=1) * (1 - TIE)

    tied: list[list[IntArray]] = [[] for _ in range(similarities.profiles)]
    sizes = np.zeros(similarities.profiles, dtype=np.int64)
    for number, start in enumerate(starts):
        first, second = similarities.factors(start, start + _BLOCK)
        for profile in np.flatnonzero((peaks[:, number] >= floors) & (sizes <= CROWD)).tolist():
            i, k = similarities.combinations[profile]
            here = np.flatnonzero(first[i] * second[k] >= floors[profile])
            sizes[profile] += len(here)
            tied[profile].append(start + here)
            if sizes[profile] > CROWD:
                tied[profile].clear()
    for profile, parts in enumerate(tied):
        yield (
            np.concatenate(parts)
            if parts
            else np.flatnonzero(similarities.row(profile) >= floors[profile])
        )


def _lowest(people: TieBreaks, stories: TieBreaks) -> IntArray:
    """Return for each respondent the place of the backstory with the lowest tie break."""
    if len(stories) == 1:
        return np.zeros(len(people), dtype=np.int64)
    step = max(1, _AT_ONCE // len(stories))
    parts = [people[start : start + step, None] for start in range(0, len(people), step)]
    return np.concatenate([pair_tie_breaks(part, stories).argmin(axis=1) for part in parts])


def _shelved(people: TieBreaks, stories: TieBreaks) -> IntArray:
    """Return for each respondent the place of a backstory, by its shelf and then on it."""
    shelves = (stories >> _SHELF).astype(np.int64)
    order = np.argsort(shelves, kind="stable")
    used, starts = np.unique(shelves[order], return_index=True)
    # Mixed once more: a shelf must not have the tie break of the backstory of its number.
    shelf_of = _lowest(people, mix_bits(backstory_tie_breaks(used)))
    chosen = np.empty(len(people), dtype=np.int64)
    for shelf, places in enumerate(np.split(order, starts[1:])):
        here = np.flatnonzero(shelf_of == shelf)
        if len(here):
            chosen[here] = places[_lowest(people[here], stories[places])]
    return chosen
