"""What a prompt wants besides a choice: a judgement, a reading, a code, a life, a short answer.

Tasks are recognised by the structure of a prompt, in any language: what ends in two words to choose
from asks for a judgement, what lists options and ends in a reply of its own asks for a code.
"""

import re
from enum import Enum
from functools import cache

import numpy as np

from anthology.config.population import OPTIONS
from anthology.simulation.dice import Dice
from anthology.simulation.parse_options import OptionList, parse_options
from anthology.simulation.parse_prompt import ParsedPrompt, strip_frame
from anthology.simulation.persona import evidence, read_persona, statement
from anthology.simulation.respondent import DECLINE, RAMBLE, party_odds
from anthology.simulation.society import words
from anthology.simulation.topics import chapter_of, membership, open_trait, party_step, trait_of
from anthology.simulation.values import read_value
from anthology.simulation.writer import (
    draw_author,
    draw_number,
    imagine_author,
    state_trait,
    tell,
    write,
)

_OWN_REPLY = re.compile(r":[ \n]*[\"'\u201c\u2018]?(\w[\w '\u2019-]{1,30}?)[\"'\u201d]?\.?\s*$")
"""The words with which a reader or coder is to reply that there is nothing."""
_OPENING = 3
"""Paragraphs at a message's beginning in which an instruction may stand."""
_INSTRUCTION = 70
"""Words of the longest instruction."""
_SHORTEST_TEXT = 25
"""Words of the shortest text that is judged, or read where it is only one paragraph."""
_SLIP = 0.02
"""How often a judgement or a reading is wrong."""
_FACT = re.compile(r"(?:are|do|have|were) you\b(?!.* or )", re.IGNORECASE)
"""How a question begins that wants a yes or a no, such as one for citizenship."""
_LONGEST_FACT = 20
"""Words of the longest such question."""
_EXTRA_VIEW = {"options": 0.0, "list": 0.33, "answers": 0.5, "sentences": 0.67}
"""How often a life written for a description voices a second view, by the description's form."""

_FIRST = frozenset(("i", "me", "my", "we", "our", "us"))
_THIRD = frozenset(("he", "she", "his", "her", "they", "their", "him"))
_SOLD = frozenset(("call", "customers", "offer", "order", "price", "prices", "free", "shop"))
_ITEM = re.compile(r"\s*(?:[-*\u2022]|\d+[.)])\s|\s*[A-Z][\w .]{0,20}:\s")

_SURE = 0.8
"""How likely an option must be for an answer that only hints at it to count."""
_NOT = re.compile(r"\bnot\b|n't\b|\bneither\b", re.IGNORECASE)
_MISSED = 0.6
"""What a word of an option that an answer lacks takes away, against 1 for one that it has."""
_SAYS_STEP = {
    "views": ("Very conservative", "Conservative", "Moderate", "Liberal", "Very liberal"),
    "strength": ("Strongly", "Not very strongly"),
    "leaning": ("The Republican Party", "The Democratic Party", "Neither of them"),
}
_SAYS = ("{}.", "{}", "I'd say {}.", "{}, I suppose.")


class Task(Enum):
    """What a model can be wanted for."""

    JUDGE = "judge whether a text is somebody's own life"
    READ = "say whether a story states a trait"
    CODE = "say which category an answer comes to"
    CHOOSE = "answer a question with options"
    TELL = "answer an open question, or write a life"


def task_of(prompt: ParsedPrompt, *, choices: bool) -> Task:
    """Tell what a prompt wants; `choices` says whether the answers are laid down."""
    options = parse_options(prompt.question)
    if prompt.single and _OWN_REPLY.search(_ending(prompt)):
        if len(prompt.context) > 1 or len(" ".join(prompt.context).split()) > _SHORTEST_TEXT:
            return Task.READ
        if options is not None:
            return Task.CODE
    if prompt.single and (options is None or len(options.texts) == 2):
        text, _ = _split_judgement(prompt)
        if len(text.split()) >= _SHORTEST_TEXT:
            return Task.JUDGE
    return Task.TELL if options is None and not choices else Task.CHOOSE


def judge(prompt: ParsedPrompt, dice: Dice) -> tuple[bool, tuple[str, str]]:
    """Say whether a text is somebody's own life, and with which words to say yes and no."""
    text, pair = _split_judgement(prompt)
    return is_own_life(text) != dice.hits(_SLIP), pair


@cache
def _pair() -> re.Pattern[str]:
    """Compile how an instruction ends in two words to choose from, in any of some languages."""
    between = "|".join(words("words")["or"])
    return re.compile(rf"(\w+),? (?:{between}) (\w+)[\"'\u201d)]?[.?!]?\s*$")


def _split_judgement(prompt: ParsedPrompt) -> tuple[str, tuple[str, str]]:
    """Take the text out of the request to judge it, with the words to choose from."""
    parts = [*prompt.context, prompt.question]
    for i in (len(parts) - 1, *range(min(_OPENING, len(parts) - 1))):
        pair = _pair().search(parts[i]) if len(parts[i].split()) <= _INSTRUCTION else None
        # "My race: Hispanic or Latino." describes somebody.
        if pair and not evidence(parts[i]).description:
            rest = parts[:i] + parts[i + 1 :]
            start = next((k + 1 for k, p in enumerate(rest[:4]) if p.rstrip().endswith(":")), 0)
            return "\n\n".join(rest[start:]), (pair[1].capitalize(), pair[2].capitalize())
    return "", ("Yes", "No")


def is_own_life(text: str) -> bool:
    """Say whether a text reads as the life of one person in the first person."""
    lines = [line for line in text.splitlines() if line.strip()]
    tokens = re.findall(r"\w+", text.lower())
    if not tokens:
        return False
    shaped = sum(bool(_ITEM.match(line)) for line in lines)
    first, third, sold = (sum(token in of for token in tokens) for of in (_FIRST, _THIRD, _SOLD))
    count = len(text.split())
    return shaped < 0.3 * len(lines) and third < first > 0.03 * count and sold < 0.02 * count


def read_statement(prompt: ParsedPrompt, dice: Dice) -> str:
    """Say in which words a story states the trait asked for, or that it does not."""
    nothing, options = _own_reply(prompt), parse_options(prompt.question)
    if options is None:
        return nothing
    question = options.wording.rpartition("\n")[2] or options.wording
    trait = trait_of(question, options.texts)
    statements = statement(prompt.context, trait) if trait else None
    if trait is None or statements is None or dice.hits(_SLIP):
        return nothing
    wording, option = statements
    if trait == "age" and not dice.hits(0.25):
        return dice.one((wording, f"I'm {wording}", f"{wording} years old"))
    if trait == "income" and not dice.hits(0.25):
        return dice.one((wording, f"about {wording}", f"{wording} a year"))
    place = int(membership(trait, options.texts)[:, OPTIONS[trait].index(option)].argmax())
    return _name(options, place, dice)


def code_answer(prompt: ParsedPrompt, dice: Dice) -> str:
    """Name the category that an answer comes to, or say that there is none."""
    nothing, options = _own_reply(prompt), parse_options(prompt.question)
    lines = [line for line in options.wording.splitlines() if ": " in line] if options else []
    if options is None or not lines:
        return nothing
    question, answer = lines[0] if len(lines) > 1 else options.wording, lines[-1].partition(": ")[2]
    trait = trait_of(question, options.texts)
    if trait is None:
        place = _most_alike(answer, options.texts)
    else:
        option = _option_of(trait, answer.strip())
        places = membership(trait, options.texts)
        place = None if option is None else int(places[:, option].argmax())
    return nothing if place is None else _name(options, place, dice)


def _ending(prompt: ParsedPrompt) -> str:
    """Return what follows the options, or the whole question where there are none."""
    options = parse_options(prompt.question)
    return options.after if options else prompt.question


def _own_reply(prompt: ParsedPrompt) -> str:
    match = _OWN_REPLY.search(_ending(prompt))
    return match[1] if match else "None"


def _name(options: OptionList, place: int, dice: Dice) -> str:
    label, text = options.labels[place], options.texts[place]
    return dice.one((f"{label} {text}", text, label))


def _option_of(trait: str, answer: str) -> int | None:
    """Return the place of the option of a trait that an answer states or hints at."""
    match = statement((answer,), trait)
    if match is not None and match[1] in OPTIONS[trait]:
        return OPTIONS[trait].index(match[1])
    fit = read_value(trait, answer, sure=True)
    if fit is not None:
        return int(fit.argmax())
    believed = read_persona((answer,)).traits[trait]
    hinted = trait in {name for name, _ in evidence(answer).hints}
    return int(believed.argmax()) if hinted and believed.max() > _SURE else None


def _most_alike(answer: str, options: tuple[str, ...]) -> int | None:
    """Return the option that shares most words with an answer."""
    tokens, denied = _word_set(answer), bool(_NOT.search(answer))
    scores = []
    for option in options:
        own = _word_set(option)
        shared = len(own & tokens) - _MISSED * len(own - tokens)
        scores.append(shared if bool(_NOT.search(option)) == denied else 0.0)
    return max(range(len(options)), key=scores.__getitem__) if max(scores) > 0 else None


def _word_set(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def answer_freely(prompt: ParsedPrompt, dice: Dice, rng: np.random.Generator) -> str:
    """Answer an open question: one of fact or of a trait briefly, any other at length."""
    question = strip_frame(prompt.question)
    if _FACT.match(question) and len(question.split()) < _LONGEST_FACT:
        return dice.one((*("Yes.", "Yes, I am.", "Yes") * 6, "No.", "No, I am not."))
    step, trait = party_step(question), open_trait(question)
    if step is not None or trait is not None:
        return _answer_shortly(step, trait, prompt, dice)
    persona = read_persona((*prompt.context, prompt.question) if prompt.single else prompt.context)
    author = imagine_author(persona, rng) if persona.key else draw_author(rng)
    place = chapter_of(question)
    if place is not None:
        return tell(author, place, dice)
    if persona.form:
        views = 1 + dice.hits(_EXTRA_VIEW[persona.form])
        return write(author, dice, to_order=True, views=views)
    return write(draw_author(rng), dice, to_order=False)


def _answer_shortly(step: str | None, trait: str | None, prompt: ParsedPrompt, dice: Dice) -> str:
    persona, stock = read_persona(prompt.context), words("words")
    if dice.hits(DECLINE):
        pool: list[str] = stock["declines"]
        return dice.one(pool)
    if dice.hits(RAMBLE):
        pool = stock["rambles"]
        return dice.one(pool)
    if step is not None:
        odds = party_odds(step, _SAYS_STEP[step], persona)
        choice = _SAYS_STEP[step][dice.weighted(odds.tolist())]
        form = dice.one(_SAYS)
        return form.format(choice if form[0] == "{" else choice[0].lower() + choice[1:])
    assert trait is not None
    option = OPTIONS[trait][dice.weighted(persona.traits[trait].tolist())]
    if trait in ("age", "income"):
        pool, number = stock["says"][trait], draw_number(trait, option, dice)
        return dice.one(pool).format(number, stock["tens"][number // 10 % 10])
    pool = stock["short"].get(trait, {}).get(option, [])
    return dice.one(pool) if pool and dice.hits(0.5) else state_trait(trait, option, dice)
