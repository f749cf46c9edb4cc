"""What stories answer about a trait, and by which route their answers were settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

from anthology.tables import Row

ROUTES = ("stated", "read", "number", "coded", "declined", "unreadable", "unseen")
"""The ways in which an answer is settled.

`stated`: a reader found the trait in the story, and nothing was asked. `read`: the answer names an
option by its label or its words. `number`: it holds a number that falls into an option. `coded`: a
coder said which option it comes to. `declined`, `unreadable`: it names none. `unseen`: the model
did not show whether it names one.
"""

COLUMNS = ("trait", "route", "stories", "answers", "share")
"""The columns of `routes.csv`."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """What one story answers to one question about itself.

    Parameters
    ----------
    counts
        Answers for each option. Where the model was asked for the probabilities of
        the labels, here and below how many answers they make one expect.
    stated
        Whether a reader found the answer in the story's own words.
    declined, unreadable
        Answers that named no option.
    unseen
        Answers of which the model did not show whether they name an option.
    number, coded
        Those of the counted answers that were read from a number, and that a coder
        placed.
    """

    counts: tuple[float, ...]
    stated: bool = False
    declined: float = 0
    unreadable: float = 0
    unseen: float = 0
    number: float = 0
    coded: float = 0

    def __add__(self, other: "Distribution") -> "Distribution":
        """Put together what two groups of answers say."""
        return Distribution(
            tuple(one + two for one, two in zip(self.counts, other.counts, strict=True)),
            self.stated or other.stated,
            self.declined + other.declined,
            self.unreadable + other.unreadable,
            self.unseen + other.unseen,
            self.number + other.number,
            self.coded + other.coded,
        )

    @property
    def silent(self) -> float:
        """How many answers named no option, as far as the model showed."""
        return self.declined + self.unreadable + self.unseen

    def routes(self) -> dict[str, float]:
        """Return how many answers each route settled."""
        placed = sum(self.counts)
        return {
            "stated": placed if self.stated else 0,
            "read": 0 if self.stated else max(0, placed - self.number - self.coded),
            "number": self.number,
            "coded": self.coded,
            "declined": self.declined,
            "unreadable": self.unreadable,
            "unseen": self.unseen,
        }


def route_rows(found: Mapping[str, Sequence[Distribution]]) -> list[Row]:
    """Tell which share of the answers each route settled.

    Parameters
    ----------
    found
        For each trait, and each of its steps, what every story answered.

    Returns
    -------
    list
        A row for each trait and route: how many stories have such an answer, how many
        answers there are, and their share of all answers to the trait's question. The
        shares of a trait sum to 1; there are none where it was never asked.
    """
    rows: list[Row] = []
    for name, stories in found.items():
        settled = [story.routes() for story in stories]
        total = sum(sum(routes.values()) for routes in settled)
        for route in ROUTES:
            answers = sum(routes[route] for routes in settled)
            rows.append(
                {
                    "trait": name,
                    "route": route,
                    "stories": sum(routes[route] > 0 for routes in settled),
                    "answers": float(answers) if isinstance(total, float) else answers,
                    "share": answers / total if total else nan,
                }
            )
    return rows
