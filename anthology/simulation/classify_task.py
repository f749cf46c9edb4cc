"""Telling what a prompt wants: a judgement, a statement, a choice, or a life story."""

import re
from enum import Enum
from functools import lru_cache

from anthology.simulation.parse_options import listed
from anthology.simulation.parse_prompt import Heard, unnamed

_YES_OR_NO = re.compile(r"\byes\b.{0,15}\bno\b", re.IGNORECASE | re.DOTALL)
_JUDGED = re.compile(r"first[- ]person|own life|narrat|this text|the text|story", re.IGNORECASE)
_ABSENT_WORDS = re.compile(
    r"\b(not (?:stated|mentioned|given|said|specified)|unstated|unspecified|no statement)\b",
    re.IGNORECASE,
)
_ABSENT_REPLY = re.compile(
    r"\b(?:reply|answer|respond|write|say)(?: only| just)?(?: with)?:? ?[\"'\u201c]?"
    r"([A-Z][\w -]{2,30})[\"'\u201d]?\.?\s*$"
)
_STATING = re.compile(r"\bstat(?:e|ed|es|ing)\b|mention|guess|in so many words", re.IGNORECASE)
_OWN_WORDS = re.compile(r"\bown words\b|\bfree(?:ly)? answer|\banswered freely\b", re.IGNORECASE)
_CATEGORY = re.compile(r"\bcategor(?:y|ies)\b", re.IGNORECASE)
_WRITE = re.compile(r"\b(?:write|compose|narrate|tell|portray|speak)\b", re.IGNORECASE)
_LIFE = re.compile(r"\b(?:stor(?:y|ies)|life|autobiograph|biograph|memoir)", re.IGNORECASE)
_ASKS = re.compile(r"\?\s*$|^(?:please )?(?:tell me|describe)\b", re.IGNORECASE)
"""How a question stands that is asked now, whatever was said before it."""
_OPENING = 3
"""Paragraphs at a message's beginning in which an instruction may stand."""


class Task(Enum):
    """What a model can be wanted for."""

    JUDGE = "judge whether a text is somebody's own life"
    READ = "say whether a story states a trait"
    CODE = "say which category an answer comes to"
    CHOOSE = "answer a question with options"
    WRITE = "write the life of a described person"
    TELL = "answer an open question"


def task_of(heard: Heard, *, choices: bool) -> Task:
    """Tell what a prompt wants; `choices` says whether the answers are laid down."""
    options = listed(heard.ask)
    if options is not None and heard.chat and _asks_coding(heard.ask):
        return Task.CODE
    if absent_reply(heard.ask) is not None:
        return Task.READ
    if _asks_judgement(heard.ask) and (options is None or len(options.texts) == 2):
        return Task.JUDGE
    if options is not None:
        return Task.CHOOSE
    opening = "\n".join(heard.said[:_OPENING]) if heard.chat else ""
    if absent_reply(opening) is not None:
        return Task.READ
    if _asks_judgement(opening):
        return Task.JUDGE
    if choices:
        return Task.CHOOSE
    if _asks_story(heard.ask):
        return Task.WRITE
    asked = _ASKS.search(unnamed(heard.ask))
    return Task.WRITE if _asks_story(opening) and not asked else Task.TELL


@lru_cache(maxsize=4096)
def absent_reply(ask: str) -> str | None:
    """Return the words with which a reader is to say that a trait is not stated."""
    if not _STATING.search(ask):
        return None
    wanted = _ABSENT_REPLY.search(ask)
    if wanted:
        return wanted[1]
    found = _ABSENT_WORDS.search(ask)
    return found[1] if found else None


@lru_cache(maxsize=4096)
def _asks_judgement(ask: str) -> bool:
    return bool(_YES_OR_NO.search(ask) and _JUDGED.search(ask))


@lru_cache(maxsize=4096)
def _asks_coding(ask: str) -> bool:
    return bool(_OWN_WORDS.search(ask) and _CATEGORY.search(ask))


def _asks_story(ask: str) -> bool:
    return bool(_WRITE.search(ask) and _LIFE.search(ask) and len(ask.split()) > 8)
