"""Taking a prompt apart: the question that it ends in, and the paragraphs before it."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from anthology.models.base import Message
from anthology.simulation.parse_options import parse_options

_MARKER = 40
"""The longest line that, ending in a colon, counts as the mark of a turn to be taken."""
_SPEAKER = re.compile(r"^\w[\w' ]{0,24}:[ \n]")


@dataclass(frozen=True, slots=True)
class ParsedPrompt:
    """A prompt as its reader takes it in.

    Parameters
    ----------
    context
        The paragraphs before the question. A turn is one paragraph, question
        and answer each behind a name and a colon.
    question
        The last question or instruction, without its name.
    open
        Whether a text ends in the mark of a turn, or a chat in a message.
    chat
        Whether it is a chat.
    single
        Whether it is a chat in which nothing was answered yet.
    """

    context: tuple[str, ...]
    question: str
    open: bool
    chat: bool
    single: bool


def parse_prompt(prompt: str | tuple[Message, ...]) -> ParsedPrompt:
    """Take a text or a chat apart."""
    if isinstance(prompt, str):
        text, is_open = prompt.rstrip(), False
        cut = text.rfind("\n") + 1
        if text.endswith(":") and len(text) - cut <= _MARKER:
            text, is_open = text[:cut].rstrip(), True
        return _split(text.split("\n\n"), is_open)
    paragraphs: list[str] = []
    for message in prompt[:-1]:
        parts = message.content.split("\n\n")
        if message.role == "assistant" and paragraphs:
            # A chat's turn takes the form that a text's turn has.
            parts[0] = f"Q: {paragraphs.pop()}\nA: {parts[0]}"
        paragraphs += parts
    paragraphs += prompt[-1].content.split("\n\n")
    return _split(paragraphs, True, roles={message.role for message in prompt})


def _split(paragraphs: list[str], is_open: bool, roles: Collection[str] = ()) -> ParsedPrompt:
    """Let the question reach back over blank lines between itself, its options and what follows."""
    start = len(paragraphs) - 1
    last = parse_options(paragraphs[start])
    if last is None and start:
        above = parse_options(paragraphs[start - 1])
        if above is not None and not above.after:
            start, last = start - 1, above
    if last is not None and not last.wording and start:
        start -= 1
    ask = "\n".join(paragraphs[start:])
    single = bool(roles) and "assistant" not in roles
    return ParsedPrompt(tuple(paragraphs[:start]), ask, is_open, bool(roles), single)


def strip_frame(ask: str) -> str:
    """Leave out the lines that frame a question and the name of who asks it."""
    lines = ask.split("\n")
    for i, line in enumerate(lines):
        match = _SPEAKER.match(line + "\n")
        if match:
            return "\n".join([line[match.end() - 1 :].strip(), *lines[i + 1 :]])
    return ask


def split_turn(paragraph: str) -> tuple[str, str] | None:
    """Split an answered question into both; None where a paragraph is something else."""
    lines = paragraph.split("\n")
    named = [i for i, line in enumerate(lines) if _SPEAKER.match(line + "\n")]
    if len(named) < 2:
        return None
    first, last = named[0], named[-1]
    question, answer = ("\n".join(part) for part in (lines[first:last], lines[last:]))
    return question.partition(":")[2].strip(), answer.partition(":")[2].strip()
