"""Reading a reply: text in, an option or a reason out; the same for items and for traits.

An answer counts when it names one option, by its label, by its words, or by
both agreeing. Words that are few name an option where the sentence does not go on
after them: "Some." and "I'd say some" do, "Some people do" does not. What declines,
what contradicts itself and what cannot be read are different outcomes, so that every answer
of a model is accounted for.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from anthology.config.formats import Format
from anthology.interview.numbers import option_position, read_range
from anthology.interview.question import DECLINED, Question


class Outcome(StrEnum):
    """What became of one answer; `declined` is the choice of an option that offers to decline."""

    VALID = "valid"
    DECLINED = "declined"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    CONTRADICTORY = "contradictory"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a reply, and the option that it names.

    Parameters
    ----------
    outcome
        What became of it.
    position
        The option, from 0, where it is valid or declined.
    by_number
        Whether a number that it holds, and no words or label, names the option.
    """

    outcome: Outcome
    position: int | None = None
    by_number: bool = False


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


def choose_option(question: Question, position: int) -> Answer:
    """Return the answer that names the option at a position, which may be the one to decline."""
    declined = question.options[position].code == DECLINED
    return Answer(Outcome.DECLINED if declined else Outcome.VALID, position)


def read_reply(text: str, question: Question, layout: Format | None, marker: str = "") -> Answer:
    """Read which option of a question a reply names: by label, by words or by a number.

    Parameters
    ----------
    text
        What the model wrote.
    question
        The question with its options in the order shown.
    layout
        How they were labelled; None where they were not shown, and labels do not count.
    marker
        What an answer begins with in replies that think aloud; empty for none.
    """
    text_of_answer = extract_answer(text, marker)
    if text_of_answer is None:
        return Answer(Outcome.UNREADABLE)
    answer = read_answer(text_of_answer, question.texts, layout)
    if answer.position is not None:
        return choose_option(question, answer.position)
    if question.unit is None or answer.outcome is Outcome.CONTRADICTORY:
        return answer
    stated = read_range(text_of_answer, question.unit)
    position = None if stated is None else option_position(stated, question.bounds)
    if position is None:
        return answer
    if answer.outcome is Outcome.REFUSED:
        # "I won't say, but I'm over 18" tells no age, but is no plain refusal either.
        return Answer(Outcome.UNREADABLE)
    return Answer(Outcome.VALID, position, by_number=True)


@lru_cache(maxsize=4096)
def read_answer(text: str, options: tuple[str, ...], layout: Format | None) -> Answer:
    """Read which option an answer names by label or words.

    Parameters
    ----------
    text
        What the model wrote.
    options
        The options as they were read out, in the order shown.
    layout
        How they were labelled; None where they were not shown, and labels do not count.

    Returns
    -------
    Answer
        Valid with a position, or the reason why not.
    """
    named = _written(options, layout).get(_plain(text))
    if named is None:
        plain = re.sub(r"[^\S\n]+", " ", text.replace("\u2019", "'").replace("_", " "))
        named, rest = _take_texts(plain, options)
        named |= _labels(rest, len(options), layout) if layout else set()
    if len(named) == 1:
        return Answer(Outcome.VALID, min(named))
    if named:
        return Answer(Outcome.CONTRADICTORY)
    if _DECLINES.search(text.replace("\u2019", "'")):
        return Answer(Outcome.REFUSED)
    return Answer(Outcome.UNREADABLE)


def extract_answer(text: str, words: str) -> str | None:
    """Return what follows the last conclusion of a reply that thinks aloud.

    Parameters
    ----------
    text
        What the model wrote.
    words
        What the conclusion begins with, however spaced, emphasised or capitalised; empty where
        replies are nothing but answers.

    Returns
    -------
    str
        The part that holds the answer; None where the reply comes to no conclusion.
    """
    if not words:
        return text
    ends = [match.end() for match in _conclusion(words).finditer(text.replace("\u2019", "'"))]
    return text[ends[-1] :] if ends else None


@lru_cache
def _conclusion(words: str) -> re.Pattern[str]:
    parts = re.findall(r"\w+|[^\w\s]", words.replace("\u2019", "'"))
    joined = r"[\s*_]*".join(map(re.escape, parts))
    start = r"(?<![^\W_])" if parts[0].isalnum() else ""
    end = r"(?![^\W_])" if parts[-1].isalnum() else ""
    return re.compile(rf"{start}{joined}{end}", re.IGNORECASE)


def _plain(text: str) -> str:
    """Return a text without what does not matter when it is the whole answer."""
    return " ".join(text.replace("\u2019", "'").casefold().split()).rstrip(". ")


@lru_cache(maxsize=4096)
def _written(options: tuple[str, ...], layout: Format | None) -> dict[str, set[int]]:
    """List the answers that are nothing but an option's label, its words, or both.

    They are looked up first, since they are right whatever the words are: an option
    may hold another one's words, or look like a label.
    """
    written: dict[str, set[int]] = {}
    for position, words in enumerate(options):
        bare = _ARTICLE.sub("", words, count=1)
        forms = [words, bare]
        if layout:
            label, symbol = layout.label(position), layout.symbol(position)
            forms += [label, symbol, f"{symbol})", f"{label} {words}", f"{label} {bare}"]
        for form in {_plain(form) for form in forms}:
            written.setdefault(form, set()).add(position)
    return written


_ARTICLE = re.compile(r"(?:an?|the)\s+", re.IGNORECASE)
_AFTER = r"""["'\u201d\u2019*`)\]]*(?:
      \s*$ | \s*\?\W*$ | \s*[,;:!\u2026\u2014\u2013/&+] | \s*\.(?!\d) | \s*\n | \s+--?\s
    | \s+[(\[]?\s*\w\d?\s*[)\].]?\W*$ | \s+[(\[]\s*\w\d?\s*[)\]]
    | \s+(?:or|because|since|indeed|though|although|in\s+my|to\s+be\s+(?:honest|frank|fair)
           |i\s+(?:think|guess|suppose|believe|feel|would\s+say|do|don't))\b )"""
"""What may follow an option that is named: a mark, the end, a label, a reason, another option."""
_PLACE = r"\s+(?:in|from)\b"
"""What may also follow one of many words or with an article: "a woman from Ohio"."""
_OTHERS = re.compile(
    r"""\b(?: (?:my|his|her|their|our) \s (?:\w+ \s)? (?:wife|husband|partner|spouse|mother|father
            |mom|mum|dad|parents?|sons?|daughters?|children|kids?|brothers?|sisters?|grand\w+
            |uncle|aunt|cousins?|family|friends?|boss|teacher|neighbou?rs?) \s (?:\w+ \s){1,2}
        | (?:he|she|they) \s (?:is|are|was|were|had|has|have) \s | (?<!go\s)(?<!going\s) with \s
        | (?:raised|born|brought \s up) \s (?:as \s)? ) (?:an? \s)? $""",
    re.IGNORECASE | re.VERBOSE,
)
"""What makes an option somebody else's, or that of former times."""
_LONG = 3
"""Words that make an option one that does not stand in a sentence by chance."""


@lru_cache(maxsize=4096)
def _words(options: tuple[str, ...]) -> tuple[tuple[int, ...], re.Pattern[str]]:
    """Compile the options' words, longest first, so that "not at all" is not read as "not".

    Returns
    -------
    tuple
        The options' positions in the order of the pattern's groups, and the pattern.

    Notes
    -----
    Options of one question are all read by the same rule, so that the readable ones are
    not counted more often: anywhere, if all of them are long; else only where a sentence
    does not go on after them, as it does in "Some people do" and "more complicated".
    """
    texts = [option.strip().rstrip(".").replace("\u2019", "'") for option in options]
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    meant = [text for text in texts if not _DECLINES.search(text)]
    anywhere = all(len(text.split()) >= _LONG for text in meant)
    groups = []
    for i in order:
        long = len(texts[i].split()) >= _LONG or _ARTICLE.match(texts[i])
        after = "" if anywhere else f"(?={_AFTER}{'|' + _PLACE if long else ''})"
        groups.append(f"({r'[ ]'.join(map(re.escape, texts[i].split()))}){after}")
    pattern = rf"(?<!\w)(?:{'|'.join(groups)})(?!\w)"
    return tuple(order), re.compile(pattern, re.IGNORECASE | re.VERBOSE)


def _take_texts(text: str, options: tuple[str, ...]) -> tuple[set[int], str]:
    """Find the options that a text's words name, and put underscores in the words' place."""
    order, pattern = _words(options)
    found: set[int] = set()

    def take(match: re.Match[str]) -> str:
        position = order[(match.lastindex or 0) - 1]
        declined = _DECLINES.search(re.split(r"[.!?;,\n]", text[: match.start()])[-1])
        if declined or _negated(match) or _OTHERS.search(text[: match.start()]):
            return match[0]
        found.add(position)
        return "_" * len(match[0])

    return found, pattern.sub(take, text)


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
            rf"(?:^[\W_]*|{cue})((?![Ii]){symbol}(?:{joint}(?![Ii]){symbol})+)(?:\W*$|[).\]:,;*\"\n])"
        ),
    )
