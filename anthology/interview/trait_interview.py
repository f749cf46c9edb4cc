"""Asking one story who it is: trait by trait, and for some traits step by step."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

from anthology.config.formats import Format
from anthology.config.model import AnswerMode, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.config.prompts import CoderPrompt, ReaderPrompt, SurveyPrompt
from anthology.config.stage import Derived, From, StageSettings
from anthology.config.traits import Trait
from anthology.interview.answers import Answer, Outcome, extract_answer, read_reply
from anthology.interview.coding import Coder, PosedQuestion, Reader, pose_question
from anthology.interview.distribution import Distribution
from anthology.interview.interviewer import Interviewer
from anthology.interview.label_probs import apply_sampling
from anthology.interview.transcript import Turn, story_turns
from anthology.models.base import LabelProbs
from anthology.models.session import ModelSession
from anthology.seeds import derive_seed

_LEAST = 1e-3
"""Below so many expected answers, no further question is asked."""

Path = tuple[tuple[int, int], ...]
"""The way through a trait's questions: which of them was answered by the option at which place."""


class Settings(StageSettings):
    """What the traits of natural backstories depend on."""

    seed: Annotated[int, From("seed")]
    openings: Annotated[list[str], Derived("openings")]
    """The questions that stories answer."""
    traits: Annotated[dict[str, Trait], Derived("asked_traits")]
    open_ended: Annotated[list[str], Derived("open_ended")]
    """The traits whose questions are put without options."""
    model: Annotated[ModelIdentity, From("models/{traits.model}")]
    answer_mode: Annotated[AnswerMode, From("traits.answer_mode")]
    samples: Annotated[int, From("traits.samples")]
    sampling: Annotated[Sampling, From("traits.sampling")]
    frame: Annotated[SurveyPrompt, Derived("trait_frame")]
    require_label: Annotated[bool, From("traits.require_label")]
    decline_option: Annotated[str | None, From("traits.decline_option")]
    layout: Annotated[Format, From("formats.{traits.format}")]
    reader: Annotated[ReaderPrompt | None, Derived("reader")]
    reader_model: Annotated[ModelIdentity | None, Derived("reader_model")]
    coder: Annotated[CoderPrompt | None, Derived("coder")]
    coder_model: Annotated[ModelIdentity | None, Derived("coder_model")]

    @property
    def names(self) -> list[str]:
        """What the answers to every question are called: a trait's own, then those of its steps."""
        traits = self.traits.items()
        return [
            f"{name}.{step.name}" if step else name
            for name, trait in traits
            for step in (None, *trait.steps)
        ]


class TraitSurvey:
    """Asks stories about all traits in turn, so that a story's text is read while it is at hand.

    Parameters
    ----------
    settings
        What is asked, and how.
    session
        Where models are asked.
    """

    def __init__(self, settings: Settings, session: ModelSession) -> None:
        self._settings, layout = settings, settings.layout
        self._interviewer = Interviewer(
            session.model(settings.model),
            settings.model.api,
            layout,
            settings.frame,
            settings.sampling,
            settings.answer_mode,
            require_label=settings.require_label,
        )
        self._reader = (
            Reader(settings.reader, session.model(settings.reader_model), layout, settings.seed)
            if settings.reader and settings.reader_model
            else None
        )
        self._coder = (
            Coder(settings.coder, session.model(settings.coder_model), layout, settings.seed)
            if settings.coder and settings.coder_model
            else None
        )
        self._asked = {
            name: [
                pose_question(
                    called, question, settings.decline_option, freely=name in settings.open_ended
                )
                for called, question in (
                    (name, trait),
                    *((f"{name}.{step.name}", step) for step in trait.steps),
                )
            ]
            for name, trait in settings.traits.items()
        }
        self._named = {one.name: one for questions in self._asked.values() for one in questions}

    @property
    def questions(self) -> dict[str, PosedQuestion]:
        """Every question by the name of its answers: a trait's own, then its steps."""
        return self._named

    async def ask(self, story: tuple[int, str, list[str]]) -> dict[str, Distribution]:
        """Ask one story, given by number, text and answers, about every trait.

        Returns
        -------
        dict
            What it answers, by the names of the questions.
        """
        number, text, answers = story
        turns = story_turns(self._settings.openings, answers)
        found: dict[str, Distribution] = {}
        for name in self._settings.traits:
            found |= await self._trait(name, number, text, turns)
        return found

    async def _trait(
        self, name: str, number: int, text: str, turns: tuple[Turn, ...]
    ) -> dict[str, Distribution]:
        """Ask about a trait, and go on with each group of answers on its own."""
        settings, trait = self._settings, self._settings.traits[name]
        first, *steps = self._asked[name]
        found = {question.name: _nothing(question) for question in (first, *steps)}
        seed = derive_seed(settings.seed, "traits", number, name)
        stated = await self._stated(trait, first, number, text)
        if stated is None:
            own = await self._put(first, turns, settings.samples, seed)
        else:
            own = Distribution(_at(stated, len(trait.options), settings.samples), stated=True)
        groups: dict[Path, float] = {(): own.silent}
        groups |= {((0, place),): count for place, count in enumerate(own.counts)}
        for i, (step, question) in enumerate(zip(trait.steps, steps, strict=True), start=1):
            further: dict[Path, float] = {}
            for path, amount in groups.items():
                if amount < _LEAST or not self._goes_on(name, step.when, path):
                    further[path] = amount
                    continue
                said = tuple(self._said(self._asked[name][at], place) for at, place in path)
                drawn = derive_seed(seed, step.name, *(part for pair in path for part in pair))
                given = await self._put(question, turns + said, amount, drawn)
                found[question.name] += given
                further[path] = given.silent
                further |= {(*path, (i, place)): n for place, n in enumerate(given.counts)}
            groups = further
        found[name] = own if not steps else _recounted(own, trait, groups)
        return found

    def _goes_on(self, name: str, when: list[str], path: Path) -> bool:
        """Say whether a step is for those who answered so."""
        given = {self._asked[name][at].declared.options[place].id for at, place in path}
        return not when or not given.isdisjoint(when)

    def _said(self, question: PosedQuestion, place: int) -> Turn:
        if question.open:
            return Turn(question.question.wording, question.declared.options[place].text)
        return self._interviewer.answered(question.question, place)

    async def _stated(
        self, trait: Trait, first: PosedQuestion, number: int, text: str
    ) -> int | None:
        """Return the option that a story states outright, as a reader finds it."""
        if not trait.look_in_story or self._reader is None:
            return None
        return await self._reader.find(first, number, text)

    async def _put(
        self, question: PosedQuestion, turns: tuple[Turn, ...], amount: float, seed: int
    ) -> Distribution:
        """Put one question for so many answers, drawn or expected."""
        if self._settings.answer_mode == "logprobs" and not question.open:
            shares = await self._interviewer.weigh(turns, question.question)
            return self._expected(question, shares, amount)
        texts = await self._interviewer.ask(
            turns, question.question, draws=round(amount), seed=seed
        )
        return await self._counted(question, Counter(texts))

    def _expected(self, question: PosedQuestion, shares: LabelProbs, draws: float) -> Distribution:
        """Return how many of `draws` answers to expect for each option."""
        labels = sum(shares.probs)
        drawn = apply_sampling(shares.probs, self._settings.sampling)
        counts = [draws * labels * share for share in drawn or shares.probs]
        options = len(question.declared.options)
        unreadable = draws * max(0.0, 1 - labels - shares.unseen)
        return Distribution(
            tuple(counts[:options]),
            declined=sum(counts[options:]),
            unreadable=unreadable,
            unseen=draws * shares.unseen,
        )

    async def _counted(self, question: PosedQuestion, texts: Counter[str]) -> Distribution:
        counts = [0] * len(question.declared.options)
        sources: Counter[str] = Counter()
        for text, times in texts.items():
            source, place = await self._settle(question, text)
            sources[source] += times
            if place is not None:
                counts[place] += times
        return Distribution(
            tuple(counts),
            declined=sources["declined"],
            unreadable=sources["unreadable"],
            number=sources["number"],
            coded=sources["coded"],
        )

    async def _settle(self, question: PosedQuestion, text: str) -> tuple[str, int | None]:
        """Return the source that settles a reply, and the option that it comes to."""
        if not question.open:
            return _source(self._interviewer.read(text, question.question))
        said = extract_answer(text, self._settings.frame.answer_marker)
        said = text if said is None else said
        source, place = _source(read_reply(said, question.closed, None))
        if source == "unreadable" and self._coder is not None:
            place = await self._coder.place(question, said)
            source = "unreadable" if place is None else "coded"
        return source, place


def _source(answer: Answer) -> tuple[str, int | None]:
    """Return the source that settles an answer, and the option that counts."""
    if answer.outcome is Outcome.VALID:
        return ("number" if answer.by_number else "read"), answer.position
    declined = answer.outcome in (Outcome.DECLINED, Outcome.REFUSED)
    return ("declined" if declined else "unreadable"), None


def _nothing(question: PosedQuestion) -> Distribution:
    return Distribution((0,) * len(question.declared.options))


def _at(place: int, options: int, amount: float) -> tuple[float, ...]:
    return tuple(amount if i == place else 0 for i in range(options))


def _recounted(own: Distribution, trait: Trait, groups: Mapping[Path, float]) -> Distribution:
    """Return a trait's answers after some have come to count as another option in a step."""
    counts = list(own.counts)
    for path, amount in groups.items():
        named = [trait.steps[at - 1].options[place].counts_as for at, place in path if at]
        target = next((name for name in reversed(named) if name is not None), None)
        if target is not None and path[0][0] == 0:
            counts[path[0][1]] -= amount
            counts[trait.ids.index(target)] += amount
    # What is left of a whole that was taken away in parts may be a rounding error below nothing.
    return Distribution(
        tuple(max(0, count) for count in counts),
        own.stated, own.declined, own.unreadable, own.unseen, own.number, own.coded,
    )  # fmt: skip
