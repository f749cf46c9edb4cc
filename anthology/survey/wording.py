"""The words of a survey file's labels, made fit to be read out."""

import re

_WAVE = re.compile(r"_W\d+$", re.IGNORECASE)
_NAME = re.compile(r"\s*(\w+)\.\s+(?=\S)")
_ELLIPSIS = re.compile(r"\s*(?:…|\.{3,})[\s….]*")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_GAP = re.compile(r"\s{4,}")
_ASKS = re.compile(
    r"""(?:^|[,;:]\s+)
        (?: how | what | which | who | whom | whose | why | where | when
          | do | does | did | is | are | am | was | were | has | have | had
          | can | could | will | would | should | shall | may | might ) \b""",
    re.VERBOSE | re.IGNORECASE,
)

_BRACKETED = re.compile(r"\[[^\[\]a-z]*\]")
_SPECIFY = re.compile(
    r"[\s,;:(\[-]*\b(?:please\s+)?specify\b[\s.:;)\]_]*$",
    re.IGNORECASE,
)
_VOLUNTEERED = re.compile(r"[(\[]\s*vol(?:\.|unteered)?\s*[)\]]", re.IGNORECASE)
_INITIALS = re.compile(r"\b(?:\w\.){2,}$")

_DECLINES = re.compile(
    r"""refus(?:e|ed|al) (?:\s to \s answer)? | ref | rf | dk
      | (?:don't|dont|do \s not|doesn't|does \s not) \s know (?:\s the \s answer)?
      | no \s (?:answer|response) | not \s answered | skipped | (?:web \s)? blank | missing
      | (?:prefer|rather|prefers) \s not \s (?:to \s)? (?:answer|say|respond)
      | decline[sd]? (?:\s to \s (?:answer|say|state))?""",
    re.VERBOSE,
)
_MAY_JOIN = re.compile(r"not sure|unsure|no opinion|can't say|undecided")


def clean_question(label: str, variable: str) -> str:
    """Make one readable question of a variable's label.

    A leading name of the variable is dropped, with or without its wave suffix. An
    ellipsis joins a stem and the rest of its sentence; four or more spaces join a
    stem and the item it is asked about.

    Parameters
    ----------
    label
        The variable's label in the file.
    variable
        The variable's name.

    Returns
    -------
    str
        The wording in one line; empty where the label is.
    """
    text = _BRACKETED.sub(" ", _without_name(label, variable)).strip()
    wording, halved = "", False
    for piece in filter(None, _ELLIPSIS.split(text)):
        halved = wording != "" and wording[-1] not in ".?!:"
        rest = _itemised(piece)
        wording = f"{wording} {_uncapitalised(rest) if halved else rest}".strip()
    return _ended(wording) if halved else wording


def clean_option(label: str) -> str:
    """Take interviewer marks, doubled spaces and trailing punctuation off an option.

    A label that is nothing but marks is left as it is.
    """
    text = _spaced(label)
    while (shorter := _without_marks(text)) != text and shorter:
        text = shorter
    return text


def is_refusal(label: str) -> bool:
    """Say whether an option's label means that a person gave no answer.

    It does when each of its parts, parted by a slash, a comma or "or", declines,
    such as "(VOL) Don't know/Refused".
    """
    text = label.replace("\u2019", "'").replace("\u2018", "'").casefold()
    text = _VOLUNTEERED.sub(" ", _BRACKETED.sub(" ", text))
    parts = [part.strip(" .:;()[]-*") for part in re.split(r"/|,|\bor\b", _spaced(text))]
    parts = [part for part in parts if part]
    declines = [bool(_DECLINES.fullmatch(part)) for part in parts]
    return any(declines) and all(
        clear or _MAY_JOIN.fullmatch(part) for clear, part in zip(declines, parts, strict=True)
    )


def _without_name(label: str, variable: str) -> str:
    match = _NAME.match(label)
    return label[match.end() :] if match and _names(match[1], variable) else label


def _names(word: str, variable: str) -> bool:
    """Say whether a word is the variable's name, give or take its suffixes."""
    word, name = (_WAVE.sub("", text).casefold() for text in (word, variable))
    return word == name or name.startswith(f"{word}_") or word.startswith(f"{name}_")


def _itemised(piece: str) -> str:
    """Join a stem and its item: "Stem? Item", or "Stem: item" after a stem left open."""
    parts = [_spaced(part) for part in _GAP.split(piece) if part.strip()]
    text = ""
    for part in parts:
        if text:
            text += " " if text[-1] in ".?!:;," else ": "
        text += part
    return text


def _uncapitalised(text: str) -> str:
    """Begin with a small letter, except for initials ("AI", "U.S.") and the pronoun "I"."""
    first = text.split(maxsplit=1)[0]
    if re.match(r"I\b", first) or any(letter.isupper() for letter in first[1:]):
        return text
    return text[0].lower() + text[1:]


def _ended(text: str) -> str:
    """Put a question mark or a full stop behind a sentence that has no end."""
    if text[-1] in ".?!":
        return text
    return text + ("?" if _ASKS.search(_SENTENCE_END.split(text)[-1]) else ".")


def _without_marks(text: str) -> str:
    text = _VOLUNTEERED.sub(" ", _BRACKETED.sub(" ", text))
    text = _spaced(_SPECIFY.sub("", text))
    return text if _INITIALS.search(text) else text.rstrip(" .,:;")


def _spaced(text: str) -> str:
    return " ".join(text.split())
