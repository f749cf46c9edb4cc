"""Numbers in answers: "I'm 34", "about 60k", "under 25,000", "in my forties"."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf, nextafter

from anthology.config.traits import Unit


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
    money: bool
    """Whether it is written as an amount of money: $60, 60k, 60 dollars, 60 a year."""
    age: bool
    """Whether it is written as an age: 34 years old."""


_SMALL = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen",
)
_TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
_VALUES = {word: value for value, word in enumerate(_SMALL)}
_VALUES |= {word: 10 * value for value, word in enumerate(_TENS, start=2)} | {"a": 1}
_DECADES = {f"{word[:-1]}ies": f"{_VALUES[word]}s" for word in _TENS}
# Alone, "one" is more often a pronoun than a number.
_BELOW_100 = (
    rf"(?:(?:{'|'.join(_TENS)})(?:[-\s](?:{'|'.join(_SMALL[1:10])}))?|{'|'.join(_SMALL[10:])}"
    rf"|one(?=[-\s](?:hundred|thousand|million|year))|{'|'.join([_SMALL[0], *_SMALL[2:10]])})"
)
_SPELLED = re.compile(
    rf"\b(?:(?P<hundreds>{_BELOW_100}|a)[-\s]hundred"
    rf"(?:[-\s](?:and[-\s])?(?P<rest>{_BELOW_100}|one))?"
    rf"|(?P<below>{_BELOW_100}|a(?=\s(?:thousand|million)\b))|(?P<decade>{'|'.join(_DECADES)}))\b"
)
# Dates, times, shares, pension plans, birth years, "six figures".
_NO_NUMBERS = re.compile(
    r"""\d+(?:[/:]\d+)+ | \d+-\d+-\d+ | \d[\d.,]*\s?(?:%|percent) | 401\s?\(?k\)? | '\d\d\b'?s?
      | \bborn\s(?:in\s)?(?:the\s)?(?:\w+[-\s])?\d0'?s\b | \b[\w-]+[-\s]figures?\b""",
    re.VERBOSE,
)
# What would be misread by the patterns here: "pushing 65" is not yet 65, and "low 60s" is not all
# of them.
_RARE = re.compile(
    r"""\b(?:pushing|approaching|(?:shy|short)\sof|not\syet)\s(?:\w+\s)?[$£€]?\d
      | \b(?:half|quarters?)[-\s](?:of[-\s])?(?:an?[-\s]|1\s)?(?:million|hundred|thousand|1000|100)
      | \b(?:million|hundred|thousand)\sand\sa\s(?:half|quarter) | \d\s?hundred\b | \bhundred\s\d
      | \b(?:low|high|middle|(?:early|mid)[-\s]+(?:to|or)[-\s]+(?:mid|late))[-\s]+\d0(?:'?s|\b)""",
    re.VERBOSE,
)
_SCALES = {"k": 1e3, "thousand": 1e3, "grand": 1e3, "million": 1e6}
_NUMBER = re.compile(
    r"""(?<![\w'#]) (?<!\d[.,]) (?<![a-z]{2}-)
        (?P<money>[$£€]\s?)?
        (?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)? | \d+(?:\.\d+)?)
        (?:\s?(?P<scale>k|thousand|grand|million)\b (?:\s(?P<rest>\d{1,3})(?!\w|[.,]\d))? )?
        (?: (?P<age>[-\s]*(?:years?|yrs?)[-\s]*(?:olds?|of\sage)\b | \s?y/?o\b)
          | (?!\w|[.,]\d) (?P<dollars>\s*(?:dollars?|bucks|usd)\b
                                    | \s*(?:(?:a|per|each|every)\s|/\s?)year\b)? )""",
    re.VERBOSE,
)
# While a text is read, «3» stands for its fourth number, and «3»old where that is an age.
_N = r"«(\d+)»(?:old)?"
_AGE_BEFORE = re.compile(r"\b(?:i'?m|i\sam|aged?:?)\s?(?:(?:about|around|only|just|now)\s)?$")
_THINGS = (
    r"(?:kids?|child|children|sons?|daughters?|boys|girls|brothers?|sisters?|siblings?|twins"
    r"|grand(?:kids?|children|sons?|daughters?)|people|persons?|members?|friends|jobs?|times"
    r"|cats?|dogs?|pets|cars?|houses?|hours?|minutes?|days?|weeks?|months?|miles?|blocks|classes"
    r"|feet|foot|ft|inches|pounds?|lbs?|decades?|bedrooms?)\b"
)
# Numbers of something else: wages by the hour, children, how long ago, someone else's age.
_OTHERS = re.compile(
    rf"""{_N}\s*(?:dollars|bucks)?\s*(?:(?:an?|per|each|every|/)\s*
           (?:hour|hr|day|week|month|mo|paycheck)\b | (?:hourly|daily|weekly|monthly)\b)
      | {_N}(?:\s*(?:-|to|or)\s*{_N})?\s+(?:(?!with\b|and\b|no\b|have\b|who\b)\w+\s+)?{_THINGS}
      | {_N}\s*(?:years?|yrs?)\s+(?:ago|of|in|at|as|with|here|now|on|since|together|later|from|to
           |working|married|experience)\b
      | \b(?:for|past|last|after)\s+(?:(?:the|over|about|almost|nearly|last|past)\s+)*{_N}\s*years?
      | \b(?:my|our|his|her|their)\s+«\d+»old""",
    re.VERBOSE,
)
_COUNTED = re.compile(r"\s+(?!income\b|earnings\b)[a-z]")
"""What follows a zero that counts something other than money."""
_DECADE = re.compile(
    r"""(?:\b(?P<part>early|mid|late)[-\s]+)? (?<![\w'.,])(?P<tens>\d0)
        (?:'?s\b|[-\s]?something\b) (?:\s?(?P<scale>k|thousand|grand)\b)?""",
    re.VERBOSE,
)
_PARTS = {None: (0, 10), "early": (0, 4), "mid": (3, 7), "late": (6, 10)}
_BETWEEN = re.compile(
    rf"\bbetween\s*{_N}\s*(?:and|or|to|-)\s*{_N}|{_N}\s*(?:-|to|or)\s*(?:about\s)?{_N}"
)
_AT_MOST = r"up\sto|at\smost|(?:no|not)\s(?:more|older|higher)\sthan|not\s(?:over|above)"
_AT_LEAST = (
    r"at\sleast|(?:no|not)\s(?:less|younger|lower)\sthan|not\s(?:under|below)"
    r"|over|above|(?:more|greater|higher|older)\sthan|>"
)
_BELOW = r"under|below|(?:less|fewer|lower|younger)\sthan|almost|nearly|not\squite|<"


def _bound(before: str, after: str = "$^") -> re.Pattern[str]:
    """Compile a bound whose words stand before the number, or after it."""
    return re.compile(rf"(?<!\w)(?:{before})\s*(?:about\s)?{_N}|{_N}[-\s]*(?:{after})")


# In this order, for "no more than" holds "more than", and "no less than" holds "less than".
_BOUNDS: tuple[tuple[re.Pattern[str], Callable[[float], Range]], ...] = (
    (
        _bound(_AT_MOST, r"(?:or|and)\s(?:less|under|younger|below|lower)\b"),
        lambda number: Range(-inf, nextafter(number, inf)),
    ),
    (
        _bound(_AT_LEAST, r"\+|plus\b|(?:or|and)\s(?:more|older|over|above|higher|up)\b"),
        lambda number: Range(number, inf),
    ),
    (_bound(_BELOW), lambda number: Range(-inf, number)),
)
_OLDEST = 120
"""The highest number that can be an age."""
_LEAST = 1000
"""The lowest number, but for none at all, that is taken for a year's income: 60 may mean 60,000."""


def read_range(text: str, unit: Unit) -> Range | None:
    """Read the numbers that an answer allows.

    Numbers that do not fit the unit are passed over. An age is no money ($60, 60k) and
    at most 120; an income is no age (34 years old, in my forties), and it is nothing or
    at least 1,000, since "60" or "$60" may mean thousands, or something else.

    A number that stands with its unit (34 years old, $60,000, 60k), a range and a
    bound count before bare numbers. What is said more than once must agree: "in my
    forties, 45" is 45, "over 40 but under 50" is 40 to 50, and "34, no, 51" cannot
    be read. Years of the calendar, wages by the hour, week or month, shares, and counts
    of other things ("two kids") are passed over. Rarer ways to put a number are left
    to the coder.

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
    firm, bare = _find_ranges(text[:1000], unit)
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
    shares = [_overlap(low, high, asked) for low, high in bounds]
    best = max(shares, default=0.0)
    return shares.index(best) if best > 0 and shares.count(best) == 1 else None


def _overlap(low: float | None, high: float | None, asked: Range) -> float:
    """Return how much of a range lies in an option; a single number lies in it or does not."""
    if low is None and high is None:
        return 0.0
    both = asked.meet(Range(-inf if low is None else low, inf if high is None else high))
    return (both.high - both.low or 1.0) if both else 0.0


def _find_ranges(text: str, unit: Unit) -> tuple[list[Range], list[Range]]:
    """List what a text states: with a unit, as a range or a bound, and as bare numbers."""
    firm: list[Range] = []
    bare: list[Range] = []
    numbers: list[_Number] = []

    def decade(match: re.Match[str]) -> str:
        # Tens are of years without a scale ("in my forties"), and of dollars with one.
        if (unit == "dollars") == bool(match["scale"]):
            (low, high), scale = _PARTS[match["part"]], _SCALES.get(match["scale"], 1)
            tens = int(match["tens"])
            firm.append(Range((tens + low) * scale, (tens + high) * scale))
        return " "

    def between(match: re.Match[str]) -> str:
        low, high = (numbers[int(index)] for index in match.groups() if index)
        stated = _between(low, high, either=" or " in match[0])
        if stated is None:
            return match[0]
        if _fits((low, high), (stated.low, stated.high), unit):
            firm.append(stated)
        return " "

    text = _in_digits(text)
    if _RARE.search(text):
        return [], []
    text = _DECADE.sub(decade, text)
    text = _NUMBER.sub(lambda match: _mark(match, numbers), text)
    text = _BETWEEN.sub(between, _OTHERS.sub(" ", text))
    for pattern, meaning in _BOUNDS:
        for match in pattern.finditer(text):
            number = numbers[int(match[1] or match[2])]
            if _fits((number,), (number.value,), unit):
                firm.append(meaning(number.value))
        text = pattern.sub(" ", text)
    for match in re.finditer(_N, text):
        number = numbers[int(match[1])]
        aged = number.age or (unit == "years" and _AGE_BEFORE.search(text[: match.start()]))
        sure = number.money or aged
        # "I earn zero" is an income, "zero patience" is none.
        counted = unit == "dollars" and not number.value and _COUNTED.match(text, match.end())
        if _fits((number,), (number.value,), unit) and (sure or not counted):
            (firm if sure else bare).append(Range(number.value, number.value))
    return firm, bare


def _in_digits(text: str) -> str:
    """Write numbers in digits in one line of small letters, without what is no number of its own.

    "Sixty-five thousand" becomes "65 thousand", "twenties" "20s"; dates, times and shares go.
    """
    text = " ".join(re.sub("[«»]", " ", text).lower().split())
    text = text.replace("\u2019", "'").replace("\u2013", "-").replace("\u2014", "-")
    return _NO_NUMBERS.sub(" ", _SPELLED.sub(_digits, text))


def _digits(match: re.Match[str]) -> str:
    if match["decade"]:
        return _DECADES[match["decade"]]

    def value(words: str | None) -> int:
        return sum(_VALUES[word] for word in re.split(r"[-\s]", words)) if words else 0

    return str(100 * value(match["hundreds"]) + value(match["rest"]) + value(match["below"]))


def _mark(match: re.Match[str], numbers: list[_Number]) -> str:
    """Put a mark in place of a number, and nothing in place of a year."""
    digits, scale = float(match["digits"].replace(",", "")), match["scale"]
    number = _Number(
        digits * _SCALES.get(scale, 1) + float(match["rest"] or 0),
        digits,
        money=bool(match["money"] or scale or match["dollars"]),
        age=bool(match["age"]),
    )
    if not (number.money or number.age) and re.fullmatch(r"(?:19|20)\d\d", match["digits"]):
        return " "
    numbers.append(number)
    return f"«{len(numbers) - 1}»" + "old" * number.age


def _fits(written: Iterable[_Number], meant: Iterable[float], unit: Unit) -> bool:
    """Say whether numbers, as written and as meant, can count a unit."""
    if unit == "years":
        return not any(number.money for number in written) and max(meant) <= _OLDEST
    ages = any(number.age for number in written)
    return not ages and all(value == 0 or value >= _LEAST for value in meant)


def _between(low: _Number, high: _Number, *, either: bool) -> Range | None:
    """Read two numbers as a range; in "40 to 50k" and "40-50,000" the thousands are both's.

    With `either` they are two choices: "60 or 70 thousand" is still a range, "34 or 61"
    cannot be read.
    """
    scale = high.value / high.digits if high.value != high.digits else 1.0
    if scale == 1 and high.value % 1000 == 0:
        scale = 1000.0
    shared = low.value == low.digits and 0 < low.value < 1000 and low.value * scale <= high.value
    start = low.value * scale if shared else low.value
    near = not either or high.value <= 1.5 * start
    return Range(start, high.value) if start <= high.value and near else None
