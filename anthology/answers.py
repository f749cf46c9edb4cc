"""Reading an answer: text in, an option or a reason out.

An answer counts when it names one option, by its label, by its words, or by
both agreeing. Words name an option where an answer stands, and not in the midst
of a sentence: "Some." and "I'd say some" do, "Some people do" does not. What
declines, what contradicts itself and what cannot be read are told apart, so that
every answer of a model is accounted for.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from anthology.formats import Format


class Outcome(StrEnum):
    """What became of one answer."""

    VALID = "valid"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    CONTRADICTORY = "contradictory"


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome and, where it is valid, the position of the option, from 0."""

    outcome: Outcome
    position: int | None = None


_DECLINES = re.compile(
    r"""\b(?: prefer \s not | rather \s not | no \s (?:answer|comment|opinion|idea) | unsure
        | refus(?:e|ed|al) | declin(?:e|ed) | (?:don't|do \s not|dont) \s (?:really \s)? know
        | (?:don't|do \s not|dont) \s want \s to \s (?:answer|say)
        | (?:can't|cannot|can \s not|won't|will \s not|unable \s to)
          \s (?:answer|say|choose|decide|respond|provide)
        | not \s (?:comfortable|sure|going \s to \s (?:answer|say)) | none \s of \s your
        | as \s an \s ai )\b""",
    re.VERBOSE | re.IGNORECASE,
)
# "I don't think it is ..." takes back what follows; "not sure, but ..." and a new sentence do not.
_NEGATION = re.compile(
    r"(?:\bnot|n't|\bcannot|\bnever|\bneither|\bnor)\s+(?:(?!but\b)[\w']+\s+){0,3}$", re.IGNORECASE
)
_CUE = (
    r"(?:answer|answer\s+is|option|choice|choose|pick|select|letter|number|would\s+say|say"
    r"|go\s+with)"
)


def read_answer(text: str, options: tuple[str, ...], layout: Format) -> Answer:
    """Read which option an answer names.

    Parameters
    ----------
    text
        What the model wrote.
    options
        The options as they were read out, in the order shown.
    layout
        How they were labelled.

    Returns
    -------
    Answer
        Valid with a position, or the reason why not.
    """
    named = _written(options, layout).get(_plain(text))
    if named is None:
        named, rest = _take_texts(text.replace("\u2019", "'").replace("_", " "), options)
        named |= _labels(rest, len(options), layout)
    if len(named) == 1:
        return Answer(Outcome.VALID, min(named))
    if named:
        return Answer(Outcome.CONTRADICTORY)
    if _DECLINES.search(text.replace("\u2019", "'")):
        return Answer(Outcome.REFUSED)
    return Answer(Outcome.UNREADABLE)


def _plain(text: str) -> str:
    """Return a text without what does not matter when it is the whole answer."""
    return " ".join(text.replace("\u2019", "'").casefold().split()).rstrip(". ")


@lru_cache(maxsize=4096)
def _written(options: tuple[str, ...], layout: Format) -> dict[str, set[int]]:
    """List the answers that are nothing but an option's label, its words, or both.

    They are looked up first, since they are right whatever the words are: an option
    may hold another one's words, or look like a label.
    """
    written: dict[str, set[int]] = {}
    for position, words in enumerate(options):
        label, symbol = layout.label(position), layout.symbol(position)
        for form in {_plain(form) for form in (label, symbol, words, f"{label} {words}")}:
            written.setdefault(form, set()).add(position)
    return written


def _phrases(*phrases: str) -> str:
    """Join phrases into one pattern whose words may stand any number of spaces apart."""
    return "|".join(phrases).replace(" ", r"\s+")


_IS = r"(?:'s| is| would be| will be)"
_HOLD = "ha(?:s|ve|ving|d)|holds?|holding|earned|got|received|finished|completed"
_PERSON = r"(?:the|this) (?:person|speaker|narrator|author|writer|respondent|interviewee)"
_TOLD = (
    rf"{_PERSON}(?: (?:clearly|explicitly|directly))?"
    r"(?: (?:stat|say|mention|report|indicat)(?:e?s|ed|ing)(?: that)?)?"
    rf"(?: (?:they|he|she|{_PERSON}))?"
)
_HAVING = _phrases(rf"(?:i|i've|{_TOLD}) (?:{_HOLD})", "i've")
"""What says of a degree that somebody has it; "I have some" and "I have more" say nothing."""
_SAYING = _phrases(
    rf"(?:(?:my|the|so|final|best|honest) )*answer(?: to (?:that|this|it))?{_IS}?",
    rf"(?:(?:my|the|final|first|best) )*(?:choice|pick|selection|option|response){_IS}?",
    "(?:i(?:'d| would|'ll| will| do| must|'d have to| would have to| have to| want to"
    "|'m going to| am going to)?|let's|let me)"
    " (?:say|go with|go for|choose|pick|select|answer|opt for|settle on|lean towards?)",
    "i (?:think|guess|suppose|believe|feel|reckon|find|identify as|live in)",
    "i(?:'d| would)? (?:see|call|consider|describe|think of) (?:myself|it|that|this)(?: as)?",
    rf"(?:it|that|this)(?:{_IS}| makes| would make)",
    "(?:i'm|i am)(?: from)?",
    rf"{_TOLD} (?:is|are|being|identifies as|lives in)",
)
_HEDGE = "but|so|then|maybe|perhaps|probably|possibly"
_FILLER = _phrases(
    _HEDGE,
    "well|oh|okay|ok|h+m+|u+[hm]+|still|really|just|also|now|currently|actually|basically|simply",
    "honestly|frankly|personally|overall|generally|clearly|obviously|definitely|certainly",
    "sadly|unfortunately|luckily|thankfully|that|of course|all in all|if anything|for me|i mean",
    "to be (?:honest|frank|fair)|in (?:general|my (?:opinion|view|case|experience))",
    "if i (?:had|have) to (?:choose|pick|guess|say|answer)(?: one)?",
)
_ARTICLE = r"(?:(?:an?|the)\s+)??"
_GAP = r"[\s,:*\"'\u201c\u2018`#>()\[\]\u2014\u2013-]*+"
_LEAD = (
    rf"{_GAP}(?:(?:(?:{_HAVING}|{_SAYING}|{_FILLER})(?!\w)"
    rf"|(?>(?:[a-z]|\d{{1,2}})(?:[)\].:]|(?!['\w])))){_GAP}){{0,6}}{_ARTICLE}"
)
"""What may stand between a sentence's beginning and the option it names; also a label."""
_JOINT = (
    r"(?:\s*[,/;&+]|\s+(?:or|and|but|to)\b|\s*\n)(?:\s*(?:or|and|but|maybe|perhaps|probably"
    rf"|possibly|even|also|sometimes|rather|else|then)\b,?)*\s*{_ARTICLE}"
)
"""What may stand between two options that are both named."""
_FIELD = r"\s+(?:in|from)(?:\s+[\w'-]+){1,3}\s*(?:[.,!;]|$)"
_REASON = _phrases(
    "because|though|although|to be (?:honest|frank|fair)|in my (?:opinion|view|case)",
    r"i(?: think| guess| suppose| believe| feel| would say|'d say| do| don't)(?=\s*(?:[.,!]|$))",
)
_END = (
    r"[\"'\u201d\u2019*`)\]\s]*?(?:$|[.,:](?!\w)|[;!\u2026\u2014\u2013]|\n|\s--?\s|\?\W*$"
    rf"|\s+[(\[]\s*\w\d?\s*[)\]]|\s+\w\d?[).\]]?\W*$|\s+(?:{_REASON})\b)|{_FIELD}"
)
"""What follows an option that is named: a mark, a label, a reason, the field of a degree."""
_STARTS = re.compile(r"^|\.(?!\d)|[!?;\n\u2026\u2014\u2013]|\s-\s|[:,](?!\d)")
_IS_SAID = re.compile(rf"\b(?:{_HAVING}|{_SAYING})(?!\w)", re.IGNORECASE)
_IS_HAD = re.compile(rf"\b(?:{_HAVING})(?!\w)", re.IGNORECASE)
_IS_HEDGED = re.compile(rf"\s*(?:{_HEDGE})\b", re.IGNORECASE)
_HAS_FIELD = re.compile(_FIELD)
_IS_OVER = re.compile(r"[\W_]*(?:\w\d?)?[\W_]*$")
_MANY = 5
"""Words of an option that is long enough to be known by them wherever they stand."""


@dataclass(frozen=True, slots=True)
class _Words:
    """How options are found by their words; a pattern's groups are the options of `order`.

    Parameters
    ----------
    order
        The options' positions, those of more letters first.
    anywhere
        Options that count wherever they stand: long ones, and those that decline, for
        what says them declines in any case.
    things
        Options that somebody can have, such as a degree.
    any
        Finds any option, wherever it stands.
    named
        Matches an option that is named from where a sentence begins.
    also
        Matches one that is named right after another.
    """

    order: tuple[int, ...]
    anywhere: frozenset[int]
    things: frozenset[int]
    any: re.Pattern[str]
    named: re.Pattern[str]
    also: re.Pattern[str]

    def position(self, match: re.Match[str]) -> int:
        """Return the position of the option that was matched."""
        return self.order[(match.lastindex or 0) - 1]


@lru_cache(maxsize=4096)
def _words(options: tuple[str, ...]) -> _Words:
    """Compile the options' words, longest first, so that "not at all" is not read as "not"."""
    texts = [option.strip().rstrip(".").replace("\u2019", "'") for option in options]
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    spaced = [r"\s+".join(map(re.escape, texts[i].split())) for i in order]
    one = rf"(?<!\w)(?:{'|'.join(f'({words})' for words in spaced)})(?!\w)"
    other = rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)"
    end = rf"(?={_END}|{_JOINT}{other}(?:{_END}))"
    long = {i for i, text in enumerate(texts) if len(text.split()) >= _MANY}
    return _Words(
        order=tuple(order),
        anywhere=frozenset(long | {i for i, text in enumerate(texts) if _DECLINES.search(text)}),
        things=frozenset(
            i for i, text in enumerate(texts) if re.match(r"(?i)an?\s|\S+\s+\S+\s+\S", text)
        ),
        any=re.compile(one, re.IGNORECASE),
        named=re.compile(_LEAD + one + end, re.IGNORECASE),
        also=re.compile(_JOINT + one + end, re.IGNORECASE),
    )


def _take_texts(text: str, options: tuple[str, ...]) -> tuple[set[int], str]:
    """Find the options that a text's words name, and put underscores in the words' place."""
    words = _words(options)
    mentioned = list(words.any.finditer(text))
    if not mentioned:
        return set(), text
    found = [m for m in mentioned if words.position(m) in words.anywhere and not _negated(m)]
    reached = 0
    for start in _STARTS.finditer(text):
        match = words.named.match(text, start.end()) if start.end() >= reached else None
        if match is None or not _meant(match, start[0], words):
            continue
        while match is not None:
            found.append(match)
            reached = match.end()
            match = words.also.match(text, reached)
    for match in found:
        first, last = match.span(match.lastindex or 0)
        text = text[:first] + "_" * (last - first) + text[last:]
    return {words.position(match) for match in found}, text


def _meant(match: re.Match[str], mark: str, words: _Words) -> bool:
    """Say whether an option after a mark is an answer.

    It is where the answer begins, after a colon, where it is said to be one, and where
    nothing follows it; after a comma only where it is said, or hedged ("not sure, but no").
    """
    lead = match.string[match.start() : match.start(match.lastindex or 0)]
    had = bool(_IS_HAD.search(lead))
    thing = words.position(match) in words.things
    if had and not thing:
        return False
    if _HAS_FIELD.match(match.string, match.end()) and not had:
        return thing and not mark and not lead.strip()
    if mark in ("", ":") or _IS_SAID.search(lead):
        return True
    return bool(
        _IS_HEDGED.match(lead) if mark == "," else _IS_OVER.match(match.string, match.end())
    )


def _labels(rest: str, count: int, layout: Format) -> set[int]:
    """Find the labels that stand in what is left of an answer."""
    positions = {layout.symbol(i): i for i in range(count)}
    return {
        positions[symbol]
        for pattern in _label_patterns(layout.symbols, layout.brackets)
        for match in pattern.finditer(rest)
        if not _negated(match)
        for symbol in re.findall(r"(?<!\w)\w\d?(?!\w)", match[1])
        if symbol in positions
    }


def _negated(match: re.Match[str]) -> bool:
    """Say whether the few words before a match take it back."""
    return bool(_NEGATION.search(match.string[max(0, match.start() - 80) : match.start()]))


@lru_cache
def _label_patterns(symbols: str, brackets: str) -> tuple[re.Pattern[str], ...]:
    """Compile the forms in which a label counts.

    In brackets anywhere; bare at the start or after a cue such as "answer is", where a
    mark, a line's end or an option's words follow, or more labels ("A or B"). A bare "A"
    or "I" before words is a word itself, and so no label, except that options may be
    labelled with a bare "A".
    """
    symbol = {"upper": "[A-Z]", "lower": "[a-z]", "number": r"\d{1,2}"}[symbols]
    letter = f"(?![Ii])({symbol})" if brackets == "none" else f"(?![AaIi])({symbol})"
    cue = rf"(?i:\b{_CUE})[\s:*\"']*"
    joint = r"[)\].]?(?:\s*[,/;&+]|\s+(?:or|and)\b|\s)\s*(?:(?:or|and|maybe|perhaps)\s+)*[(\[]?"
    return (
        re.compile(rf"[(\[]\s*({symbol})\s*[)\]]"),
        re.compile(rf"^[\W_]*({symbol})(?:\W*$|\s*[).\]:](?![^\W_])|\s*\n)"),
        re.compile(rf"^[\W_]*(?![Ii])({symbol})\s*[,;*\u2013-](?![^\W_])"),
        re.compile(rf"^\W*{letter}\s+_"),
        re.compile(rf"{cue}({symbol})(?!['\w])\s*(?:[).\]:,;*\"]|$)"),
        re.compile(rf"{cue}{letter}\s+_"),
        re.compile(
            rf"(?:^[\W_]*|{cue})((?![Ii]){symbol}(?:{joint}{symbol})+)(?:\W*$|[).\]:,;*\"\n])"
        ),
    )
