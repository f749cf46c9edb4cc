"""Writing stories until one may be kept."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from anthology.errors import ModelError
from anthology.models import Model, Request
from anthology.models.asking import ask_model, told
from anthology.models.spec import Sampling
from anthology.prompts import CriticPrompt
from anthology.randomness import derive
from anthology.records import Record

_JUDGEMENT = Sampling(temperature=0, max_tokens=8)


class KeepRules(Record):
    """When a written story may be used; see `backstories.keep` in the configuration."""

    min_words: int
    at_most: dict[str, int]
    tries: int


@dataclass(frozen=True, slots=True)
class Story:
    """A kept story.

    Parameters
    ----------
    text
        The story.
    tokens
        Its length in the writer's tokens.
    finish
        Why it ended: by itself, or cut at the longest length.
    logprob
        Its total natural log-probability, where the writer gives it.
    rejected
        Why earlier tries for it were not kept, with counts.
    """

    text: str
    tokens: int
    finish: str
    logprob: float | None
    rejected: Counter[str]


def fault(text: str, rules: KeepRules) -> str | None:
    """Name what is wrong with a story as far as counting words can tell, or None."""
    if len(text.split()) < rules.min_words:
        return "too short"
    for word, most in rules.at_most.items():
        if len(re.findall(rf"\b{re.escape(word)}", text, re.IGNORECASE)) > most:
            return f"mentions {word}"
    return None


class Editor:
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
        rules: KeepRules,
        critic: CriticPrompt | None,
        judge: Model | None,
    ) -> None:
        self._writer, self._rules = writer, rules
        self._critic, self._judge = critic, judge

    async def story(
        self, request: Callable[[int], Request], *, seed: int, path: tuple[str | int, ...]
    ) -> Story:
        """Have one story written.

        Parameters
        ----------
        request
            Makes the request from its seed.
        seed, path
            Name the story among all random things of the experiment.

        Raises
        ------
        ModelError
            If no try was kept.
        """
        rejected: Counter[str] = Counter()
        for attempt in range(self._rules.tries):
            reply = await ask_model(self._writer, request(derive(seed, *path, attempt)))
            draw = reply.draws[0]
            text = draw.text.strip()
            wrong = fault(text, self._rules) or await self._objection(
                text, derive(seed, *path, attempt, "critic")
            )
            if wrong is None:
                return Story(text, draw.tokens, draw.finish, draw.logprob, rejected)
            rejected[wrong] += 1
        reasons = ", ".join(f"{reason} {n} times" for reason, n in rejected.most_common())
        raise ModelError(
            f"{self._rules.tries} tries gave no story to keep ({reasons})",
            where="/".join(map(str, path)),
            hint="Loosen backstories.keep, raise its tries, or choose another writer.",
        )

    async def _objection(self, text: str, seed: int) -> str | None:
        if self._critic is None or self._judge is None:
            return None
        prompt = told(self._critic.system, self._critic.message.format(story=text))
        request = Request(prompt=prompt, sampling=_JUDGEMENT, seed=seed)
        verdict = (await ask_model(self._judge, request)).draws[0].text
        accepted = verdict.strip().lower().startswith(self._critic.accept.lower())
        return None if accepted else "turned down by the critic"
