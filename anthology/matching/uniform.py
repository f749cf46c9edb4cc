"""Random matching: one backstory for each respondent."""

import numpy as np

from anthology.matching.similarity import IntArray
from anthology.matching.tie_breaks import TieBreaks, mix_bits
from anthology.seeds import derive_seed


def assign_at_random(people: TieBreaks, stories: TieBreaks, seed: int) -> IntArray:
    """Assign every respondent a random backstory of its own.

    All stand on a circle, each where its tie break says. A respondent directly followed by a
    story takes it, and both leave; the others stand anew for the next turn.

    Parameters
    ----------
    people
        One tie break for each respondent.
    stories
        One for each backstory; at least as many.
    seed
        What the places on the circle depend on, beside the tie breaks.

    Notes
    -----
    Any story is as likely as any other for anyone. Since about half of those who wait are
    served in a turn, n respondents take some log2 n turns of sorting. A further story
    leaves one story more, or one respondent fewer, for the next turn, and so do others
    after it: it changes at most one match a turn, and a further respondent likewise.
    """
    chosen = np.empty(len(people), dtype=np.int64)
    waiting, left = np.arange(len(people)), np.arange(len(stories))
    turn = 0
    while len(waiting):
        key = np.uint64(derive_seed(seed, turn))
        order = np.argsort(mix_bits(np.concatenate([people[waiting], stories[left]]) ^ key))
        person = order < len(waiting)
        served = person & ~np.roll(person, -1)
        who, what = order[served], np.roll(order, -1)[served] - len(waiting)
        chosen[waiting[who]] = left[what]
        waiting, left = np.delete(waiting, who), np.delete(left, what)
        turn += 1
    return chosen
