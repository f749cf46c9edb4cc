"""Similarity of respondents and backstories, from their traits.

The similarity is the product over traits of the probability that the story's
distribution, folded into the survey's categories, gives to the respondent's
value. What is unknown on either side, a refused trait or a story without a
readable answer, is uniform over the categories.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from anthology.config.survey import TraitSource

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def trait_probabilities(
    counts: npt.ArrayLike, options: Sequence[str], source: TraitSource
) -> FloatArray:
    """Return the probability that each story gives to each value of one trait.

    Parameters
    ----------
    counts
        Stories x asked options: how often each option was answered.
    options
        The asked options, by their ids.
    source
        The survey's categories and how the options fold into them. What falls into
        none of them is lost, so a story's probabilities may add up to less than 1.

    Returns
    -------
    FloatArray
        (Categories + 1) x stories. The last row is for a respondent who refused:
        the mean of the others.
    """
    given = np.asarray(counts, dtype=np.float64).T
    folded = np.zeros((len(source.codes) + 1, given.shape[1]))
    # Adding whole counts option by option is exact, so equal stories come out equal.
    for option, answered in zip(options, given, strict=True):
        for code, share in source.shares(option).items():
            folded[source.codes.index(code)] += share * answered
    totals = given.sum(axis=0)
    folded /= np.where(totals > 0, totals, 1.0)
    folded[:-1, totals == 0] = 1 / len(source.codes)
    folded[-1] = folded[:-1].sum(axis=0) / len(source.codes)
    return folded


@dataclass(frozen=True, slots=True)
class Similarities:
    """The similarity of every respondent and every story, computed when asked for.

    Respondents with equal traits share a profile and its similarities. These are one
    product of two: one factor for the first half of the traits, the other for the rest,
    each computed once for every combination of values that occurs.

    Parameters
    ----------
    profile_of
        For each respondent its profile.
    combinations
        Profiles x 2: which combination of each half makes the profile.
    halves
        For the first half of the traits and for the rest, combinations x traits: the row
        of each trait's probabilities.
    traits
        For each trait its probabilities, values x stories.
    """

    profile_of: IntArray
    combinations: IntArray
    halves: tuple[IntArray, IntArray]
    traits: tuple[FloatArray, ...]

    @property
    def profiles(self) -> int:
        """How many profiles there are."""
        return len(self.combinations)

    @property
    def stories(self) -> int:
        """How many stories there are."""
        return int(self.traits[0].shape[1])

    @property
    def sizes(self) -> IntArray:
        """How many respondents have each profile."""
        return np.bincount(self.profile_of, minlength=self.profiles)

    def members(self) -> list[IntArray]:
        """Return for each profile the respondents that have it."""
        order = np.argsort(self.profile_of, kind="stable")
        return np.split(order, np.cumsum(self.sizes)[:-1])

    def reordered(self, stories: IntArray) -> "Similarities":
        """Return the same with the stories in another order."""
        traits = tuple(trait[:, stories] for trait in self.traits)
        return Similarities(self.profile_of, self.combinations, self.halves, traits)

    def factors(self, start: int, stop: int) -> tuple[FloatArray, FloatArray]:
        """Return both factors for the stories from `start` to `stop`, combinations x stories."""
        first, second = (
            _products(
                half, [trait[:, start:stop] for trait in traits], min(stop, self.stories) - start
            )
            for half, traits in self._halves()
        )
        return first, second

    def row(self, profile: int) -> FloatArray:
        """Return the similarity of one profile and every story."""
        return self.between(np.full(self.stories, profile), np.arange(self.stories))

    def pairs(self, respondents: IntArray, stories: IntArray) -> FloatArray:
        """Return the similarity of each respondent and the story beside it."""
        return self.between(self.profile_of[respondents], stories)

    def between(self, profiles: IntArray, stories: IntArray) -> FloatArray:
        """Return the similarity of each profile and the story beside it."""
        factors = np.ones((2, len(stories)))
        chosen = self.combinations[profiles].T
        for factor, rows, (half, traits) in zip(factors, chosen, self._halves(), strict=True):
            for values, trait in zip(half.T, traits, strict=True):
                factor *= trait[values[rows], stories]
        return np.asarray(factors[0] * factors[1])

    def _halves(self) -> list[tuple[IntArray, tuple[FloatArray, ...]]]:
        cut = self.halves[0].shape[1]
        return list(zip(self.halves, (self.traits[:cut], self.traits[cut:]), strict=True))


def compute_similarities(values: IntArray, traits: Sequence[FloatArray]) -> Similarities:
    """Compare respondents with stories.

    Parameters
    ----------
    values
        Respondents x traits: the row of the trait's probabilities that stands for
        the respondent's value.
    traits
        For each trait what `trait_probabilities` returns.
    """
    half = (values.shape[1] + 1) // 2
    first, first_of = np.unique(values[:, :half], axis=0, return_inverse=True)
    second, second_of = np.unique(values[:, half:], axis=0, return_inverse=True)
    combinations, profile_of = np.unique(
        np.stack([first_of, second_of], axis=1), axis=0, return_inverse=True
    )
    return Similarities(profile_of, combinations, (first, second), tuple(traits))


def _products(combinations: IntArray, traits: Sequence[FloatArray], stories: int) -> FloatArray:
    found = np.ones((len(combinations), stories))
    for chosen, trait in zip(combinations.T, traits, strict=True):
        found *= trait[chosen]
    return found
