"""Generates backstories until one passes the filters."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from anthology.config.model import Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.config.prompts import CriticPrompt, PreamblePrompt
from anthology.config.stage import Derived, From, StageSettings
from anthology.errors import ModelError
from anthology.interview.transcript import Turn
from anthology.models.ask import ask_model, chat_prompt
from anthology.models.base import Completion, Model, Request
from anthology.models.session import ModelSession
from anthology.records import Record
from anthology.seeds import derive_seed
from anthology.stories.table import join_answers

RequestFor = Callable[[tuple[Turn, ...], str, int], Request]
"""From what was said, the question that is asked now, and a seed to the request."""

_JUDGEMENT = Sampling(temperature=0, max_tokens=8)


class StoryFilter(Record):
    """When a written story may be used; see `backstories.keep` in the configuration."""

    min_words: int
    max_mentions: dict[str, int]
    max_attempts: int


@dataclass(frozen=True, slots=True)
class Story:
    """A kept story.

    Parameters
    ----------
    answers
        What was answered to each question.
    tokens
        Its length in the writer's tokens.
    finish
        Why it ended: by itself, or cut at the longest length, be it in one answer only.
    logprob
        Its total natural log-probability, where the writer gives it for every answer.
    rejected
        Why earlier tries for it were not kept, with counts.
    """

    answers: tuple[str, ...]
    tokens: int
    finish: str
    logprob: float | None
    rejected: Counter[str]

    @property
    def text(self) -> str:
        """The whole story."""
        return join_answers(self.answers)

    def as_row(self) -> tuple[Any, ...]:
        """Return its values in the columns of backstories, after its number."""
        return (
            self.text,
            list(self.answers),
            self.tokens,
            self.finish,
            self.logprob,
            1 + self.rejected.total(),
        )


class _RejectedError(Exception):
    """Ends a try, with the reason why it is not kept."""


def find_overused_word(text: str, rules: StoryFilter) -> str | None:
    """Name a word that a text mentions more often than a story may, or None."""
    for word, most in rules.max_mentions.items():
        if len(re.findall(rf"\b{re.escape(word)}", text, re.IGNORECASE)) > most:
            return f"mentions {word}"
    return None


def reason_to_reject(text: str, rules: StoryFilter) -> str | None:
    """Name what is wrong with a story as far as counting words can tell, or None."""
    if len(text.split()) < rules.min_words:
        return "too short"
    return find_overused_word(text, rules)


def starts_with_word(reply: str, word: str) -> bool:
    """Say whether a reply begins with a word, as a word of its own and in any case."""
    return re.match(rf"{re.escape(word)}(?!\w)", reply.strip(), re.IGNORECASE) is not None


class StoryWriter:
    """Has stories written and keeps the first that passes.

    Parameters
    ----------
    writer
        The model that writes.
    rules
        What is checked by counting.
    critic, judge
        What a chat model is asked about a story that passed the counting, and
        that model; None for no critic.
    """

    def __init__(
        self,
        writer: Model,
        rules: StoryFilter,
        critic: CriticPrompt | None,
        judge: Model | None,
    ) -> None:
        self._writer, self._rules = writer, rules
        self._critic, self._judge = critic, judge

    async def story(
        self,
        request: RequestFor,
        questions: Sequence[str],
        *,
        preamble: PreamblePrompt | None = None,
        seed: int,
        path: tuple[str | int, ...],
    ) -> Story:
        """Have one story written.

        Parameters
        ----------
        request
            Makes a request.
        questions
            What the story answers, in order; each question is asked in sight of all
            answers before it.
        preamble
            What is asked before them, and must be answered as wanted. It stays in sight
            while the story is written, and is no part of it.
        seed, path
            Name the story among all random things of the experiment.

        Raises
        ------
        ModelError
            If no try was kept.
        """
        # The seed of a story in one answer does not depend on there being interviews.
        parts: list[tuple[str | int, ...]] = [
            (),
            *(("answer", i) for i in range(1, len(questions))),
        ]
        rejected: Counter[str] = Counter()
        for attempt in range(self._rules.max_attempts):
            own = (*path, attempt)
            try:
                said = await self._introduced(
                    request, preamble, derive_seed(seed, *own, "preamble")
                )
                seeds = [derive_seed(seed, *own, *part) for part in parts]
                draws = await self._answered(request, said, questions, seeds)
                await self._judged(_text(draws), derive_seed(seed, *own, "critic"))
                return _story(draws, rejected)
            except _RejectedError as reason:
                rejected[str(reason)] += 1
        reasons = ", ".join(f"{reason} {n} times" for reason, n in rejected.most_common())
        raise ModelError(
            f"{self._rules.max_attempts} attempts gave no story to keep ({reasons})",
            where="/".join(map(str, path)),
            hint="Loosen backstories.keep, raise its max_attempts, or choose another writer.",
        )

    async def _introduced(
        self, request: RequestFor, preamble: PreamblePrompt | None, seed: int
    ) -> tuple[Turn, ...]:
        """Ask the preamble, and return what was said."""
        if preamble is None:
            return ()
        asked = request((), preamble.question, seed)
        longest = min(preamble.max_tokens, asked.sampling.max_tokens)
        short = asked.sampling.model_copy(update={"max_tokens": longest})
        reply = await ask_model(self._writer, replace(asked, sampling=short, want_logprobs=False))
        answer = reply.completions[0].text.strip()
        if not starts_with_word(answer, preamble.accept):
            raise _RejectedError("failed the preamble")
        return (Turn(preamble.question, answer),)

    async def _answered(
        self,
        request: RequestFor,
        said: tuple[Turn, ...],
        questions: Sequence[str],
        seeds: Sequence[int],
    ) -> list[Completion]:
        """Ask the questions one after another, up to the first answer that spoils the story."""
        draws: list[Completion] = []
        for question, seed in zip(questions, seeds, strict=True):
            draw = (await ask_model(self._writer, request(said, question, seed))).completions[0]
            draws.append(draw)
            said = (*said, Turn(question, draw.text.strip()))
            if not draw.text.strip():
                raise _RejectedError("no answer")
            spoilt = (
                find_overused_word(_text(draws), self._rules)
                if len(draws) < len(questions)
                else None
            )
            if spoilt is not None:
                raise _RejectedError(spoilt)
        return draws

    async def _judged(self, text: str, seed: int) -> None:
        """Hold a story to the rules, and then to the critic."""
        wrong = reason_to_reject(text, self._rules)
        if wrong is not None:
            raise _RejectedError(wrong)
        if self._critic is None or self._judge is None:
            return
        prompt = chat_prompt(self._critic.system, self._critic.message.format(story=text))
        request = Request(prompt=prompt, sampling=_JUDGEMENT, seed=seed)
        verdict = (await ask_model(self._judge, request)).completions[0].text
        if not starts_with_word(verdict, self._critic.accept):
            raise _RejectedError("turned down by the critic")


def _text(draws: Sequence[Completion]) -> str:
    return join_answers([draw.text.strip() for draw in draws])


def _story(draws: Sequence[Completion], rejected: Counter[str]) -> Story:
    logprobs = [draw.logprob for draw in draws if draw.logprob is not None]
    return Story(
        tuple(draw.text.strip() for draw in draws),
        tokens=sum(draw.tokens for draw in draws),
        finish="length" if any(draw.finish == "length" for draw in draws) else "stop",
        logprob=sum(logprobs) if len(logprobs) == len(draws) else None,
        rejected=rejected,
    )


class WriterSettings(StageSettings):
    """What generating any story depends on."""

    seed: Annotated[int, From("seed")]
    model: ModelIdentity
    sampling: Sampling
    keep: Annotated[StoryFilter, From("backstories.keep", "min_words max_mentions max_attempts")]
    critic: Annotated[CriticPrompt | None, From("prompts/critics/{backstories.keep.critic}")]
    critic_model: Annotated[ModelIdentity | None, Derived("critic_model")]

    def open_writer(self, session: ModelSession) -> StoryWriter:
        """Return a writer that works by these settings."""
        judge = session.model(self.critic_model) if self.critic_model else None
        return StoryWriter(session.model(self.model), self.keep, self.critic, judge)
