"""What the tests of the embedded models share: questions, layouts, people and their stories."""

import asyncio
from collections import Counter
from itertools import product
from pathlib import Path

import yaml

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.population import DIMENSIONS, OPTIONS
from anthology.config.traits import Trait
from anthology.interview.answers import read_answer
from anthology.interview.question import Option, Question
from anthology.interview.transcript import Ask, Turn, render_text, stop_texts
from anthology.models.base import Message, Reply, Request
from anthology.seeds import rng_for
from anthology.simulation.dice import Dice
from anthology.simulation.model import Simulated
from anthology.simulation.society import TRAITS, shares
from anthology.simulation.writer import Author, write

CONFIG = Path(__file__).parents[2] / "config"


LAYOUT = Format()


LONG = Sampling(max_tokens=1024)


EXACT = Sampling(temperature=0, max_tokens=32)


OPEN = "Tell me about yourself."


LAYOUTS = [
    Format(symbols=symbols, brackets=brackets, asker=asker, answerer=answerer)
    for symbols, brackets, (asker, answerer) in product(
        ("upper", "lower", "number"),
        ("round", "square", "dot", "none"),
        (("Question", "Answer"), ("Interviewer", "Respondent")),
    )
]


OPINION = Question(
    "How much do you care about genetically modified food?",
    (Option(1, "A great deal"), Option(2, "Some"), Option(3, "Not too much"), Option(4, "None")),
)


def declared(path: str) -> dict[str, object]:
    content: dict[str, object] = yaml.safe_load((CONFIG / path).read_text(encoding="utf-8"))
    return content


TRAIT_QUESTIONS = {
    name: Trait.model_validate(trait) for name, trait in declared("traits.yaml").items()
}


def sample(
    prompt: str | tuple[Message, ...],
    sampling: Sampling = Sampling(),  # noqa: B008
    *,
    stop: tuple[str, ...] = (),
    draws: int = 1,
    choices: tuple[str, ...] = (),
    logprobs: bool = False,
    seed: int = 0,
) -> Reply:
    request = Request(prompt, sampling, stop, draws, choices, logprobs, seed)
    return asyncio.run(Simulated().sample(request))


def question(trait: str) -> Question:
    asked = TRAIT_QUESTIONS[trait]
    texts = [option.text for option in asked.options]
    return Question(asked.question, tuple(Option(i, text) for i, text in enumerate(texts)))


def texts(asked: Question) -> tuple[str, ...]:
    return tuple(option.text for option in asked.options)


def after(turns: tuple[Turn, ...], asked: Question, layout: Format = LAYOUT) -> str:
    return render_text(turns, Ask(asked.written(layout)), layout)


def story_of(person: dict[str, str], seed: int) -> str:
    """Write somebody's life, with views that the seed decides."""
    views = tuple((d, ("against", "for")[seed >> i & 1]) for i, d in enumerate(DIMENSIONS))
    return write(Author(person, views), Dice(rng_for(seed, "story")), to_order=True)


def somebody(seed: int) -> dict[str, str]:
    rng = rng_for(seed, "somebody")
    return {t: OPTIONS[t][int(rng.choice(len(OPTIONS[t]), p=shares(t)))] for t in TRAITS}


def outcomes(
    prompt: str | tuple[Message, ...], asked: Question, layout: Format, *, draws: int
) -> Counter[str]:
    """Count the options that were answered, and the reasons why none was."""
    found: Counter[str] = Counter()
    for draw in sample(prompt, draws=draws, stop=stop_texts(layout), seed=5).completions:
        answer = read_answer(draw.text, texts(asked), layout)
        found[
            answer.outcome.value if answer.position is None else texts(asked)[answer.position]
        ] += 1
    return found


def persona(seed: int) -> tuple[Turn, ...]:
    return (Turn(OPEN, story_of(somebody(seed), seed)),)


def opinion(*options: str) -> Question:
    wording = "What will genetically modified food do to prices?"
    return Question(wording, tuple(Option(i, text) for i, text in enumerate(options)))
