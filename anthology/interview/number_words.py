"""Text made ready for its numbers to be read: in digits, without what only looks like one."""

import re

_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_VALUES = {
    "zero": 0,
    "a": 1,
    **{word: value for value, word in enumerate(f"{_UNITS}|{_TEENS}".split("|"), start=1)},
    **{word: 10 * value for value, word in enumerate(_TENS.split("|"), start=2)},
}
_DECADES = {f"{word[:-1]}ies": f"{_VALUES[word]}s" for word in _TENS.split("|")} | {"teens": "10s"}
_DECADE = re.compile(rf"\b(?:{'|'.join(_DECADES)})\b")

_NO_AMOUNT = r"(?<!few\s)(?<!couple\s)(?<!several\s)(?<!of\s)(?<![\d.]\s)"
"""What does not stand before a hundred that is just one, as in "a couple hundred thousand"."""
_SMALL = rf"(?:(?:{_TENS})(?:[-\s](?:{_UNITS}))?|{_TEENS}|{_UNITS}|zero)"
_NUMERAL = re.compile(
    rf"\b(?:(?P<hundreds>(?:{_SMALL}|a)[-\s]|{_NO_AMOUNT})hundred"
    rf"(?:[-\s](?:and[-\s])?(?P<rest>{_SMALL}))?"
    rf"|(?P<small>{_SMALL})|a(?=\s(?:thousand|million)\b))(?:\b|(?=ish\b))"
)
_PART = re.compile(r"\b(half|three\squarters|(?:(?:a|one)\s)?quarter)(?:\sof)?(?:\sa)?\smillion\b")
_THOUSANDS = {"half": 500, "three": 750}
# Alone, "one" is more often a pronoun than a number.
_PRONOUN = re.compile(r"(?<!thousand\s)(?<!million\s)one\b(?![-\s](?:thousand|million|year))")

_YEARS_OLD = re.compile(
    r"(?<=\d)(?:[-\s]*(?:years?|yrs?)\.?[-\s]*(?:olds?|of\sage|young)|\s?(?:yo|y/o|y\.o\.?))(?!\w)"
)
# Dates, times, shares, pension plans, birth years, "six figures".
_NO_NUMBERS = re.compile(
    r"""\d+(?:/\d+)+ | \d+-\d+-\d+ | \d+:\d\d | \d+\s?[ap]\.?m\b | \d[\d.,]*\s?(?:%|percent)
      | 401\s?\(?k\)? | '\d\d\b'?s?
      | \bborn\s(?:(?:in|during|around)\s)?(?:the\s)?(?:(?:early|mid|late)[-\s])?\d0'?s\b
      | \b[\w-]+[-\s]figures?\b""",
    re.VERBOSE,
)


def in_digits(text: str) -> str:
    """Write the numbers of a text in digits, and leave out what is no number of its own.

    Parameters
    ----------
    text
        Anything.

    Returns
    -------
    str
        The text in one line of small letters. "Sixty-five thousand" has become
        "65 thousand", "twenties" "20s", "34-year-old" "34 yearsold"; dates, times,
        shares and the like are gone, and "one" alone has stayed a word.
    """
    text = " ".join(re.sub("[«»]", " ", text).lower().split())
    text = text.replace("\u2019", "'").replace("\u2013", "-").replace("\u2014", "-")
    text = _PART.sub(lambda m: f"{_THOUSANDS.get(m[1].split()[0], 250)} thousand", text)
    text = _DECADE.sub(lambda m: _DECADES[m[0]], text)
    text = re.sub(r"(?<=\d)[-\s]?ish\b", "", _NUMERAL.sub(_digits, text))
    return _NO_NUMBERS.sub(" ", _YEARS_OLD.sub(" yearsold", text))


def _digits(match: re.Match[str]) -> str:
    if match["hundreds"] is not None:
        hundreds = match["hundreds"].rstrip(" -") or "a"
        return str(100 * _value(hundreds) + _value(match["rest"] or "zero"))
    if match["small"] == "one" and _PRONOUN.match(match.string, match.start("small")):
        return "one"
    return str(_value(match["small"] or "a"))


def _value(words: str) -> int:
    return sum(_VALUES[word] for word in re.split(r"[-\s]", words))
