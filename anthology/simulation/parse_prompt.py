"""Taking a prompt apart: the paragraphs of what was said, and what is asked now."""

import re
from dataclasses import dataclass

from anthology.models.base import Message
from anthology.simulation.parse_options import listed

_MARKER = 40
"""The longest line that, ending in a colon, counts as the mark of a turn to be taken."""
_SPEAKER = re.compile(r"^\w[\w' ]{0,24}:[ \n]")


@dataclass(frozen=True, slots=True)
class Heard:
    """A prompt as its reader takes it in.

    Parameters
    ----------
    said
        The paragraphs before the question. A turn is one paragraph, question
        and answer each behind a name and a colon.
    ask
        The last question or instruction, without its name.
    open
        Whether a text ends in the mark of a turn, or a chat in a message.
    chat
        Whether it is a chat.
    """

    said: tuple[str, ...]
    ask: str
    open: bool
    chat: bool


def hear(prompt: str | tuple[Message, ...]) -> Heard:
    """Take a text or a chat apart."""
    if isinstance(prompt, str):
        text, is_open = prompt.rstrip(), False
        cut = text.rfind("\n") + 1
        if text.endswith(":") and len(text) - cut <= _MARKER:
            text, is_open = text[:cut].rstrip(), True
        return _heard(text.split("\n\n"), is_open, chat=False)
    said: list[str] = []
    for message in prompt[:-1]:
        parts = message.content.split("\n\n")
        if message.role == "assistant" and said:
            # A chat's turn takes the form that a text's turn has.
            parts[0] = f"Q: {said.pop()}\nA: {parts[0]}"
        said += parts
    said += prompt[-1].content.split("\n\n")
    return _heard(said, True, chat=True)


def _heard(paragraphs: list[str], is_open: bool, *, chat: bool) -> Heard:
    """Let the ask reach back over blank lines between a question, its options and what follows."""
    start = len(paragraphs) - 1
    last = listed(paragraphs[start])
    if last is None and start:
        above = listed(paragraphs[start - 1])
        if above is not None and not above.after:
            start, last = start - 1, above
    if last is not None and not last.wording and start:
        start -= 1
    ask = "\n".join(paragraphs[start:])
    return Heard(tuple(paragraphs[:start]), ask, is_open, chat)


def unnamed(ask: str) -> str:
    """Leave out the lines that frame a question and the name of who asks it."""
    lines = ask.split("\n")
    for i, line in enumerate(lines):
        match = _SPEAKER.match(line + "\n")
        if match:
            return "\n".join([line[match.end() - 1 :].strip(), *lines[i + 1 :]])
    return ask


def turn(paragraph: str) -> tuple[str, str] | None:
    """Split an answered question into both; None where a paragraph is something else."""
    lines = paragraph.split("\n")
    named = [i for i, line in enumerate(lines) if _SPEAKER.match(line + "\n")]
    if len(named) < 2:
        return None
    first, last = named[0], named[-1]
    question, answer = ("\n".join(part) for part in (lines[first:last], lines[last:]))
    return question.partition(":")[2].strip(), answer.partition(":")[2].strip()
