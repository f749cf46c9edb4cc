"""The embedded toy model: it needs no key, no download and no network.

It acts only on what stands in its prompt, as a language model does: it reads
who is speaking, and writes, judges and answers as such a person might. Its
answers demonstrate and test; they are evidence about nothing.
"""

import re

import numpy as np

from anthology.config.population import OPTIONS
from anthology.models.base import Reply, Request
from anthology.models.in_process import InProcess
from anthology.simulation.chain_of_thought import conclusion
from anthology.simulation.choose import among, choose
from anthology.simulation.classify_task import Task, absent_reply, task_of
from anthology.simulation.classify_topic import chapter_of, trait_of
from anthology.simulation.coder import coded
from anthology.simulation.critic import is_own_life
from anthology.simulation.parse_options import Listed, listed
from anthology.simulation.parse_prompt import Heard, hear, unnamed
from anthology.simulation.perplexity import surprise
from anthology.simulation.person import read_person, society
from anthology.simulation.read_story import evidence, statement
from anthology.simulation.rng import request_generator
from anthology.simulation.sampler import Lot
from anthology.simulation.short_answers import told_freely
from anthology.simulation.truncate import finished, tokens_of
from anthology.simulation.write_story import tell, write

_CHARACTERS_PER_TOKEN = 4
_SLIP = 0.02
"""How often a judgement or a reading is wrong."""
_NATS_PER_TOKEN = (2.2, 0.8)
"""Least and further surprise of a token of prose."""
_FACT = re.compile(r"(?:are|do|have|were) you\b(?!.* or )", re.IGNORECASE)
"""How a question begins that wants a yes or a no, such as one for citizenship."""
_LONGEST_FACT = 20
"""Words of the longest such question."""


class Simulated(InProcess):
    """Implements `anthology.models.base.Model` by a toy society."""

    async def sample(self, request: Request) -> Reply:
        """Answer one request with as many draws as it asks for."""
        if request.score_text:
            return surprise(request)
        heard = hear(request.prompt)
        rng = request_generator(request)
        task = task_of(heard, choices=bool(request.choices))
        reply = _ANSWERS[task](request, heard, rng)
        read = _length(request) // _CHARACTERS_PER_TOKEN
        return Reply(reply.completions, reply.label_probs, read, reply.completion_tokens)


def _length(request: Request) -> int:
    if isinstance(request.prompt, str):
        return len(request.prompt)
    return sum(len(message.content) for message in request.prompt)


def _choose(request: Request, heard: Heard, rng: np.random.Generator) -> Reply:
    """Answer a question with options as the person spoken of."""
    bare = Listed(heard.ask, request.choices, request.choices, request.choices, "")
    asked, who = listed(heard.ask) or bare, read_person(heard.said)
    return choose(request, asked, who, rng, conclusion(heard))


def _judge(request: Request, heard: Heard, rng: np.random.Generator) -> Reply:
    """Say yes or no about a text, in one of the choices where there are any."""
    verdict = "yes" if is_own_life(_judged(heard)) != (rng.random() < _SLIP) else "no"
    if not request.choices:
        return _replied(request, heard, [f"{verdict.capitalize()}."] * request.n, rng)
    asked = listed(heard.ask)
    words = [
        choice if asked is None or (place := asked.position(choice)) is None else asked.texts[place]
        for choice in request.choices
    ]
    fits = [word.strip().lower().startswith(verdict) for word in words]
    return among(request, np.where(fits, 1 - _SLIP, _SLIP), rng)


def _read(request: Request, heard: Heard, rng: np.random.Generator) -> Reply:
    """Say in which words a story states a trait, or that it does not."""
    lot = Lot(rng)
    return _replied(request, heard, [_reading(heard, lot) for _ in range(request.n)], rng)


def _code(request: Request, heard: Heard, rng: np.random.Generator) -> Reply:
    """Say which category an answer comes to, or that it comes to none."""
    lot = Lot(rng)
    return _replied(request, heard, [coded(heard, lot) for _ in range(request.n)], rng)


def _tell(request: Request, heard: Heard, rng: np.random.Generator) -> Reply:
    """Answer an open question: a short one of fact briefly, any other with a life."""
    lot = Lot(rng)
    place = chapter_of(unnamed(heard.ask))
    texts = [
        _told(heard, lot)
        or (
            write(_whom(heard, rng), lot, given=False)
            if place is None
            else tell(_speaker(heard, rng), place, lot)
        )
        for _ in range(request.n)
    ]
    return _replied(request, heard, texts, rng)


def _write(request: Request, heard: Heard, rng: np.random.Generator) -> Reply:
    """Write the life of the person described."""
    lot = Lot(rng)
    texts = [write(_whom(heard, rng), lot, given=True) for _ in range(request.n)]
    return _replied(request, heard, texts, rng)


_ANSWERS = {
    Task.CHOOSE: _choose,
    Task.JUDGE: _judge,
    Task.READ: _read,
    Task.CODE: _code,
    Task.TELL: _tell,
    Task.WRITE: _write,
}


def _replied(request: Request, heard: Heard, texts: list[str], rng: np.random.Generator) -> Reply:
    """Put texts into a reply, each ended where the request wants it to end."""
    least, more = _NATS_PER_TOKEN
    draws = []
    for text in texts:
        # After the mark of a turn a text goes on with a space; a chat's message does not.
        led = f" {text}" if heard.open and not heard.chat else text
        surprise = (least + more * rng.random()) * tokens_of(text)
        draws.append(finished(led, request, -surprise))
    return Reply(tuple(draws), completion_tokens=sum(draw.tokens for draw in draws))


def _judged(heard: Heard) -> str:
    """Take the text out of the request to judge it."""
    said = list(heard.said)
    start = next((i + 1 for i, p in enumerate(said[:4]) if p.rstrip().endswith(":")), 0)
    return "\n\n".join(said[start:]) or heard.ask


def _reading(heard: Heard, lot: Lot) -> str:
    """Say in which words a story states the trait asked for."""
    absent = absent_reply(heard.ask) or absent_reply("\n".join(heard.said[:3])) or "Not stated"
    asked = listed(heard.ask)
    if asked is None:
        return absent
    question = asked.wording.rpartition("\n")[2] or asked.wording
    trait = trait_of(question, asked.texts)
    found = statement(heard.said, trait) if trait else None
    if trait is None or found is None or lot.hits(_SLIP):
        return absent
    words, option = found
    position = OPTIONS[trait].index(option)
    if trait == "education" or lot.hits(0.25):
        if len(asked.texts) != len(OPTIONS[trait]):
            return words
        label, text = asked.labels[position], asked.texts[position]
        return lot.one((f"{label} {text}", text, label))
    if trait == "age":
        return lot.one((words, f"I'm {words}", f"{words} years old"))
    return lot.one((words, f"about {words}", f"{words} a year"))


def _told(heard: Heard, lot: Lot) -> str | None:
    """Answer a short open question of fact; None where a whole life is wanted."""
    question = unnamed(heard.ask)
    if _FACT.match(question) and len(question.split()) < _LONGEST_FACT:
        return lot.one((*("Yes.", "Yes, I am.", "Yes") * 6, "No.", "No, I am not."))
    return told_freely(question, heard.said, lot)


def _whom(heard: Heard, rng: np.random.Generator) -> dict[str, str]:
    """Draw whose life is written: the person described, or anybody."""
    if any(evidence(paragraph).declared for paragraph in heard.said):
        return _believed(heard, rng)
    return _anybody(rng)


def _speaker(heard: Heard, rng: np.random.Generator) -> dict[str, str]:
    """Draw who goes on speaking: somebody like whoever has spoken, or anybody."""
    return _believed(heard, rng) if read_person(heard.said).key else _anybody(rng)


def _believed(heard: Heard, rng: np.random.Generator) -> dict[str, str]:
    return {
        trait: OPTIONS[trait][int(rng.choice(len(odds), p=odds))]
        for trait, odds in read_person(heard.said).traits.items()
    }


def _anybody(rng: np.random.Generator) -> dict[str, str]:
    person = society().one(rng.random(len(OPTIONS)).tolist())
    return {trait: OPTIONS[trait][person[trait]] for trait in OPTIONS}
