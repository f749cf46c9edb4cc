"""Tie-breaking by hashes: which of several equally good backstories a respondent gets.

The tie break of a respondent and a backstory depends on the seed and these two alone. So
neither the order of rows nor the presence of others changes a match.
"""

import numpy as np
import numpy.typing as npt

from anthology.seeds import derive_seed

TieBreaks = npt.NDArray[np.uint64]


def respondent_tie_breaks(seed: int, survey: str, respondents: list[str]) -> TieBreaks:
    """Return a tie break for each respondent of a survey."""
    return np.array([derive_seed(seed, "matches", survey, name) for name in respondents], np.uint64)


def backstory_tie_breaks(backstories: npt.NDArray[np.int64]) -> TieBreaks:
    """Return a tie break for each backstory, all different."""
    return mix_bits(backstories.astype(np.uint64))


def pair_tie_breaks(person: TieBreaks, stories: TieBreaks) -> TieBreaks:
    """Return the tie breaks of one respondent with each of several backstories, all different."""
    return mix_bits(person ^ stories)


def mix_bits(value: TieBreaks) -> TieBreaks:
    """Mix the bits of each number, one to one.

    Source: the finalizer of SplitMix64; Steele, Lea and Flood, "Fast splittable
    pseudorandom number generators" (OOPSLA 2014).
    """
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(value ^ (value >> np.uint64(31)))
