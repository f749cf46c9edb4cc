"""The traits stage: each natural backstory is asked who it is.

Per trait a reader first looks whether the story states it. Where it does not,
the survey model continues "story + question" many times, and the answers make
the story's distribution over the options. Answers that decline and answers
that cannot be read are counted apart and are no part of the distribution.
"""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from anthology.answers import Outcome, read_answer
from anthology.artifacts import facts as facts_of
from anthology.artifacts import read_table, write_table
from anthology.fieldwork import Fieldwork
from anthology.formats import Format
from anthology.interviews import Interviewer
from anthology.likelihood import tempered
from anthology.models import Request, Shares
from anthology.models.asking import ask_model, told
from anthology.models.identity import ModelIdentity
from anthology.models.spec import Asking, Sampling
from anthology.numbers import position, read_range
from anthology.prompts import ReaderPrompt, SurveyPrompt, Trait
from anthology.questions import Option, Question, labelled
from anthology.randomness import derive
from anthology.stages import StageSettings
from anthology.transcripts import Turn

_READING = Sampling(temperature=0, max_tokens=32)


class Settings(StageSettings):
    """What the traits of natural backstories depend on."""

    seed: int
    opening: str
    traits: dict[str, Trait]
    model: ModelIdentity
    asking: Asking
    draws: int
    sampling: Sampling
    frame: SurveyPrompt
    decline: str | None
    layout: Format
    reader: ReaderPrompt | None
    reader_model: ModelIdentity | None


@dataclass(frozen=True, slots=True)
class Distribution:
    """What one story answers about one trait.

    Parameters
    ----------
    counts
        Answers for each option. Where the model was asked for the probabilities of
        the labels, here and below how many answers they make one expect.
    stated
        Whether a reader found the trait in the story's own words.
    declined, unreadable
        Answers that named no option.
    unseen
        Answers of which the model did not show whether they name an option.
    """

    counts: tuple[float, ...]
    stated: bool = False
    declined: float = 0
    unreadable: float = 0
    unseen: float = 0


def run(settings: Settings, *, backstories: Path, output: Path, fieldwork: Fieldwork) -> None:
    """Ask every story about every trait."""
    table = read_table(backstories, ["backstory", "text"])
    stories = list(zip(table["backstory"].to_pylist(), table["text"].to_pylist(), strict=True))
    survey = _TraitSurvey(settings, fieldwork)
    rows = fieldwork.run(
        survey.ask, stories, label="traits", name=lambda story: f"backstory {story[0]}"
    )
    columns = {"backstory": table["backstory"]}
    for name in settings.traits:
        found = [row[name] for row in rows]
        columns[name] = pa.array([f.counts for f in found], pa.list_(pa.float32()))
        columns[f"{name}:stated"] = pa.array([f.stated for f in found], pa.bool_())
        for rest in ("declined", "unreadable", "unseen"):
            amounts = [getattr(f, rest) for f in found]
            columns[f"{name}:{rest}"] = pa.array(amounts, pa.float32())
    models = (settings.model, settings.reader_model)
    facts = {
        "source": facts_of(backstories)["source"],
        "traits": " + ".join(sorted({fieldwork.source(m) for m in models if m is not None})),
        "options": {name: [o.id for o in trait.options] for name, trait in settings.traits.items()},
    }
    write_table(output, pa.table(columns), stage="traits", settings=settings, facts=facts)
    _report(settings, rows)


class _TraitSurvey:
    """Asks stories about all traits in turn, so that a story's text is read while it is at hand."""

    def __init__(self, settings: Settings, fieldwork: Fieldwork) -> None:
        self._settings = settings
        self._interviewer = Interviewer(
            fieldwork.model(settings.model),
            settings.model.api,
            settings.layout,
            settings.frame,
            settings.sampling,
            settings.asking,
        )
        reader = settings.reader_model
        self._reader = None if reader is None else fieldwork.model(reader)
        self._questions = {
            name: _question(trait, settings.decline) for name, trait in settings.traits.items()
        }

    async def ask(self, story: tuple[int, str]) -> dict[str, Distribution]:
        number, text = story
        return {name: await self._trait(name, number, text) for name in self._settings.traits}

    async def _trait(self, name: str, number: int, text: str) -> Distribution:
        settings, trait = self._settings, self._settings.traits[name]
        if trait.read:
            stated = await self._stated(name, number, text)
            if stated is not None:
                counts = [0] * len(trait.options)
                counts[stated] = settings.draws
                return Distribution(tuple(counts), stated=True)
        turns = (Turn(settings.opening, text),)
        question = self._questions[name]
        if settings.asking == "logprobs":
            return self._expected(trait, await self._interviewer.weigh(turns, question))
        seed = derive(settings.seed, "traits", number, name)
        texts = await self._interviewer.ask(turns, question, draws=settings.draws, seed=seed)
        return self._count(trait, question, Counter(texts))

    def _expected(self, trait: Trait, shares: Shares) -> Distribution:
        """Return how many of `draws` answers to expect for each option."""
        draws, labels = self._settings.draws, sum(shares.choices)
        drawn = tempered(shares.choices, self._settings.sampling)
        counts = [draws * labels * share for share in drawn or shares.choices]
        options = len(trait.options)
        unreadable = draws * max(0.0, 1 - labels - shares.unseen)
        return Distribution(
            tuple(counts[:options]),
            declined=sum(counts[options:]),
            unreadable=unreadable,
            unseen=draws * shares.unseen,
        )

    async def _stated(self, name: str, number: int, text: str) -> int | None:
        """Return the option that a story states outright, as a reader finds it."""
        settings, trait = self._settings, self._settings.traits[name]
        if settings.reader is None or self._reader is None:
            return None
        options = [Option(i, option.text) for i, option in enumerate(trait.options)]
        message = settings.reader.message.format(
            story=text,
            question=trait.question,
            options="\n".join(labelled(options, settings.layout)),
        )
        request = Request(
            prompt=told(settings.reader.system, message),
            sampling=_READING,
            seed=derive(settings.seed, "traits", number, name, "reader"),
        )
        found = (await ask_model(self._reader, request)).draws[0].text.strip()
        if found.lower().startswith(settings.reader.absent.lower()):
            return None
        return read_option(found, trait, settings.layout)

    def _count(self, trait: Trait, question: Question, texts: Counter[str]) -> Distribution:
        counts, declined, unreadable = [0] * len(trait.options), 0, 0
        for text, times in texts.items():
            answer = self._interviewer.read(text, question)
            place = answer.position
            if answer.outcome == Outcome.UNREADABLE:
                place = _number(text, trait)
            if place is not None and place < len(trait.options):
                counts[place] += times
            elif place is not None or answer.outcome == Outcome.REFUSED:
                declined += times
            else:
                unreadable += times
        return Distribution(tuple(counts), declined=declined, unreadable=unreadable)


def read_option(text: str, trait: Trait, layout: Format) -> int | None:
    """Read which option of a trait a text names, by label, words or number."""
    answer = read_answer(text, tuple(option.text for option in trait.options), layout)
    return answer.position if answer.outcome == Outcome.VALID else _number(text, trait)


def _number(text: str, trait: Trait) -> int | None:
    """Read which option of a numeric trait a number in words or figures falls into."""
    stated = read_range(text, trait.unit) if trait.unit else None
    bounds = [(option.low, option.high) for option in trait.options]
    return None if stated is None else position(stated, bounds)


def _question(trait: Trait, decline: str | None) -> Question:
    texts = [option.text for option in trait.options] + ([decline] if decline else [])
    return Question(trait.question, tuple(Option(i, text) for i, text in enumerate(texts)))


def _report(settings: Settings, rows: list[dict[str, Distribution]]) -> None:
    for name in settings.traits:
        found = [row[name] for row in rows]
        stated = sum(d.stated for d in found)
        silent = sum(not any(d.counts) for d in found)
        print(f"{name}: {stated} stated, {silent} without a readable answer", file=sys.stderr)
