"""Reading a number from an answer: "I'm 34", "about 60k", "under 25,000", "in my forties"."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf, nextafter

from anthology.config.traits import Unit
from anthology.interview.number_words import in_digits


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that a statement allows: from `low`, included, up to `high`, left out.

    Where both are equal it is that one number. Either end may be infinite.
    """

    low: float
    high: float

    def holds(self, number: float) -> bool:
        """Say whether a number is one of those allowed."""
        return self.low <= number < self.high or self.low == number == self.high

    def meet(self, other: "Range") -> "Range | None":
        """Return what both allow, or None where they exclude each other."""
        for one, two in ((self, other), (other, self)):
            if one.low == one.high:
                return one if two.holds(one.low) else None
        both = Range(max(self.low, other.low), min(self.high, other.high))
        return both if both.low < both.high else None


@dataclass(frozen=True, slots=True)
class _Number:
    value: float
    digits: float
    """The value before "thousand" and the like."""
    scaled: bool
    money: bool
    old: bool


_SCALES = {
    **dict.fromkeys(("k", "thousand", "thou", "grand"), 1e3),
    **dict.fromkeys(("million", "mil", "m"), 1e6),
    "hundred": 1e2,
}
_YEAR_AFTER = r"(?:(?:a|per|each|every)\s+year|/\s?(?:yr|year)|yearly|annually)\b"
_OLD_AFTER = re.compile(r"\s*yearsold")
_MONEY_AFTER = re.compile(rf"\s*(?:dollars?\b|bucks\b|usd\b|{_YEAR_AFTER})")
_AGE_BEFORE = re.compile(
    r"\b(?:i'?m|i\sam|aged?(?:\sof)?|turn(?:ed|ing|s)?)\b\W*"
    r"(?:(?:about|around|roughly|only|just|now|currently|is|probably|exactly)\W+)*$"
)
_NUMBER = re.compile(
    r"""(?<!\w) (?<!\d[.,]) (?<![a-z]{2}-) (?<!['#])
        (?P<money>[$£€]\s?)?
        (?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)? | \d+(?:\.\d+)?)
        (?:\s?(?P<scale>k|thousand|thou|grand|million|mil|m|hundred)\b
           (?:\s(?P<rest>\d{1,3})(?!\w|[.,]\d))? )?
        (?!\w|[.,]\d)""",
    re.VERBOSE,
)
_N = r"«(\d+)»"
_COUNTED = re.compile(r"\s+(?!income\b|earnings\b|a\s+year\b)[a-z]")
"""What follows a zero that counts something other than money."""
_PERIOD = r"(?:hour|hr|day|night|week|month|mo|paycheck)"
_THINGS = (
    r"(?:kids?|child|children|sons?|daughters?|boys|girls|brothers?|sisters?|siblings?|twins"
    r"|grand(?:kids?|children|sons?|daughters?)|people|persons?|members?|friends|jobs?|times"
    r"|cats?|dogs?|pets|cars?|houses?|hours?|minutes?|days?|weeks?|months?|miles?|blocks|classes"
    r"|feet|foot|ft|inches|pounds?|lbs?|decades?|bedrooms?)\b"
)
# Numbers of something else: wages by the hour, children, how long ago, someone else's age.
_OTHERS = re.compile(
    rf"""{_N}\s*(?:dollars|bucks)?\s*(?:(?:an?|per|each|every|/)\s*{_PERIOD}\b
           | (?:hourly|daily|weekly|monthly)\b)
      | {_N}(?:\s*(?:-|to|or)\s*{_N})?\s+(?:(?!with\b|and\b|no\b|have\b|who\b)\w+\s+)?{_THINGS}
      | {_N}\s*(?:years?|yrs?)\s+(?:ago|of|in|at|as|with|here|now|on|since|together|later
           |from|to|working|married|experience)\b
      | \b(?:for|past|last|after)\s+(?:(?:the|over|about|almost|nearly|last|past)\s+)*{_N}\s*years?
      | \b(?:my|our|his|her|their)\s+{_N}\s+yearsold""",
    re.VERBOSE,
)
_DECADE = re.compile(
    r"""(?:\b(?P<part>early|mid|middle|late|low|high)(?:[-\s]+(?:to|or)[-\s]+(?P<end>mid|late))?
           [-\s]+)? (?<!\w)(?<!['.,])(?P<tens>\d0)(?:'?s\b|[-\s]?something\b)
        (?:\s?(?P<scale>k|thousand|grand)\b)?""",
    re.VERBOSE,
)
_PARTS = {"early": (0, 4), "low": (0, 4), "mid": (3, 7), "middle": (3, 7)}
_PARTS |= {"late": (6, 10), "high": (6, 10)}
_BETWEEN = re.compile(
    rf"\bbetween\s*{_N}\s*(?:yearsold)?\s*(?:and|or|to|-)\s*{_N}"
    rf"|{_N}\s*(?:-|to|or|through)\s*(?:about|maybe|around|even)?\s*{_N}"
)
_ABOUT = r"\s*(?:(?:about|around|roughly|the\sage\sof|age|my)\s+)?"
_AT_MOST = (
    r"up\sto|at\s(?:the\s)?most|(?:no|not)\s(?:more|older|higher|greater)\sthan|not\s(?:over|above)"
)
_OVER = (
    r"at\s(?:the\s)?least|(?:no|not)\s(?:less|fewer|younger|lower)\sthan|not\s(?:under|below)"
    r"|over|above|(?:more|greater|higher|older)\sthan|upwards?\sof|north\sof|in\sexcess\sof"
    r"|exceed(?:s|ing)|past|>"
)
_UNDER = (
    r"under|below|(?:less|fewer|lower|younger|smaller)\sthan|almost|nearly|not\s(?:quite|yet)"
    r"|(?:shy|short)\sof|pushing|approaching|<"
)


def _bound(before: str, after: str = "") -> re.Pattern[str]:
    """Compile a bound whose words stand before the number, or after it."""
    behind = rf"|{_N}\s*(?:yearsold|dollars)?[-\s]*(?:{after})" if after else ""
    return re.compile(rf"(?<!\w)(?:{before}){_ABOUT}{_N}{behind}")


# In this order, for "no more than" holds "more than", and "no less than" holds "less than".
_BOUNDS: tuple[tuple[re.Pattern[str], Callable[[float], Range]], ...] = (
    (
        _bound(_AT_MOST, r"(?:or|and)\s+(?:less|under|younger|below|fewer|lower)\b"),
        lambda number: Range(-inf, nextafter(number, inf)),
    ),
    (
        _bound(_OVER, r"\+|plus\b|(?:or|and)\s+(?:more|older|over|above|higher|up|greater)\b"),
        lambda number: Range(number, inf),
    ),
    (_bound(_UNDER), lambda number: Range(-inf, number)),
)


_OLDEST = 120
"""The highest number that can be an age."""
_LEAST = 1000
"""The lowest number, but for none at all, that is taken for a year's income: 60 may mean 60,000."""


def read_range(text: str, unit: Unit) -> Range | None:
    """Read the numbers that an answer allows.

    Numbers that do not fit the unit are passed over. An age is no money ($60, 60k) and
    at most 120; an income is no age (34 years old, in my forties), and it is nothing or
    at least 1,000: who says "60" or "$60" may mean thousands, or something else.

    A number that stands with its unit (34 years old, $60,000, 60k), a range and a
    bound count before bare numbers. What is said more than once must agree: "in my
    forties, 45" is 45, "over 40 but under 50" is 40 to 50, and "34, no, 51" cannot
    be read. Years of the calendar, wages by the hour, week or month, shares, and counts
    of other things ("two kids") are passed over.

    Parameters
    ----------
    text
        The answer; only its first thousand characters are looked at.
    unit
        What its numbers should count.

    Returns
    -------
    Range or None
        None where no number is stated, or several that exclude each other.
    """
    firm, bare = _stated(text[:1000], unit)
    agreed: Range | None = Range(-inf, inf)
    for stated in firm or bare:
        agreed = agreed and agreed.meet(stated)
    if agreed == Range(-inf, inf):
        return None
    for stated in bare:
        agreed = agreed and (agreed.meet(stated) or agreed)
    return agreed


def option_position(
    stated: Range, bounds: Sequence[tuple[float | None, float | None]]
) -> int | None:
    """Find the option that a stated range belongs to.

    Parameters
    ----------
    stated
        What `read_range` read.
    bounds
        The smallest number of each option and the first one above it; None is an
        open end, and an option with two open ends holds no numbers at all.

    Returns
    -------
    int or None
        The position, from 0, of the option that shares most with the range. "Over X"
        belongs where X does, and "under X" where the numbers just below X do. None
        where no option has a share, or two have the same.
    """
    point = nextafter(stated.high, -inf) if stated.low == -inf else stated.low
    asked = Range(point, point) if inf in (-stated.low, stated.high) else stated
    shares = [_share(low, high, asked) for low, high in bounds]
    best = max(shares, default=0.0)
    return shares.index(best) if best > 0 and shares.count(best) == 1 else None


def _share(low: float | None, high: float | None, asked: Range) -> float:
    """Return how much of a range lies in an option; a single number lies in it or does not."""
    if low is None and high is None:
        return 0.0
    both = asked.meet(Range(-inf if low is None else low, inf if high is None else high))
    return (both.high - both.low or 1.0) if both else 0.0


def _stated(text: str, unit: Unit) -> tuple[list[Range], list[Range]]:
    """List what a text states: firmly, and as bare numbers."""
    firm: list[Range] = []
    bare: list[Range] = []
    text = _DECADE.sub(lambda match: _took(firm, _decade(match, unit)), in_digits(text))

    numbers: list[_Number] = []
    text = _NUMBER.sub(lambda match: _numbered(match, numbers), text)
    text = _OTHERS.sub(" ", text)

    def between(match: re.Match[str]) -> str:
        low, high = (numbers[int(index)] for index in match.groups() if index)
        stated = _between(low, high, either=" or " in match[0])
        if stated is None:
            return match[0]
        fits = _fits((low, high), (stated.low, stated.high), unit)
        return _took(firm, stated if fits else None)

    text = _BETWEEN.sub(between, text)
    for pattern, meaning in _BOUNDS:

        def bounded(match: re.Match[str], meaning: Callable[[float], Range] = meaning) -> str:
            number = numbers[int(match[1] or match[2])]
            fits = _fits((number,), (number.value,), unit)
            return _took(firm, meaning(number.value) if fits else None)

        text = pattern.sub(bounded, text)
    for match in re.finditer(_N, text):
        number = numbers[int(match[1])]
        aged = number.old or (unit == "years" and _AGE_BEFORE.search(text[: match.start()]))
        sure = number.money or number.scaled or aged
        # "I earn zero" is an income, "zero patience" is none.
        counted = _COUNTED.match(text, match.end())
        idle = unit == "dollars" and number.value == 0 and not sure and counted
        if _fits((number,), (number.value,), unit) and not idle:
            (firm if sure else bare).append(Range(number.value, number.value))
    return firm, bare


def _fits(written: Iterable[_Number], meant: Iterable[float], unit: Unit) -> bool:
    """Say whether numbers, as written and as meant, can count a unit."""
    if unit == "years":
        marked = any(number.money or number.scaled for number in written)
        return not marked and max(meant) <= _OLDEST
    marked = any(number.old for number in written)
    return not marked and all(value == 0 or value >= _LEAST for value in meant)


def _took(found: list[Range], stated: Range | None) -> str:
    """Keep what was read, if anything, and return what stands in its place."""
    if stated is not None:
        found.append(stated)
    return " "


def _decade(match: re.Match[str], unit: Unit) -> Range | None:
    """Read tens: of years without a scale ("in my forties"), of dollars with one."""
    if (unit == "dollars") != bool(match["scale"]):
        return None
    scale = _SCALES.get(match["scale"], 1)
    low, high = _PARTS[match["part"]] if match["part"] else (0, 10)
    end = _PARTS[match["end"]][1] if match["end"] else high
    tens = int(match["tens"])
    return Range((tens + low) * scale, (tens + end) * scale)


def _numbered(match: re.Match[str], numbers: list[_Number]) -> str:
    """Put a mark in place of a number, nothing in place of a year, and keep what is no number."""
    digits = float(match["digits"].replace(",", ""))
    scale = match["scale"]
    money = bool(match["money"] or _MONEY_AFTER.match(match.string, match.end()))
    old = bool(_OLD_AFTER.match(match.string, match.end()))
    if scale == "m" and not (match["money"] or "." in match["digits"]):
        return match[0]
    if not (scale or money or old) and re.fullmatch(r"(?:19|20)\d\d", match["digits"]):
        return " "
    value = digits * _SCALES.get(scale, 1) + float(match["rest"] or 0)
    numbers.append(_Number(value, digits, bool(scale), money, old))
    return f"«{len(numbers) - 1}»"


def _between(low: _Number, high: _Number, *, either: bool) -> Range | None:
    """Read two numbers as a range; in "40 to 50k" and "40-50,000" the thousands are both's.

    With `either` they are two choices: "60 or 70 thousand" is still a range, "34 or 61"
    cannot be read.
    """
    scale = high.value / high.digits if high.scaled and high.digits else 1.0
    if scale == 1 and high.value % 1000 == 0:
        scale = 1000.0
    shared = not low.scaled and 0 < low.value < 1000 and low.value * scale <= high.value
    start = low.value * scale if shared else low.value
    near = not either or high.value <= 1.5 * start
    return Range(start, high.value) if start <= high.value and near else None
