"""What can be wrong with prompts that have a model think aloud before it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from anthology.config.experiment import Condition, Questions, Traits
from anthology.study.checks.problem import Key, Mistake

if TYPE_CHECKING:
    from anthology.study.study import Study

_ROOM = 64
"""The fewest tokens in which a thought and an answer have room."""


def unfit_reasoning(study: Study) -> Iterator[Mistake]:
    """Find chain-of-thought prompts whose model lacks room, or never learns the answer marker."""
    traits = study.experiment.traits
    yield from _unfit(study, traits, traits.model, lambda *key: ("traits", *key))
    for model, name in study.rows():
        key = _keys(name, study.condition(name))
        yield from _unfit(study, study.questions(name), model, key)


def _keys(name: str, condition: Condition) -> Callable[..., Key]:
    """Return a function that tells in which section a setting of a condition stands."""

    def key(*steps: str) -> Key:
        own = condition.override(steps[-1]) is not None
        return ("conditions", name, steps[-1]) if own else ("questions", *steps)

    return key


def _unfit(
    study: Study, asked: Questions | Traits, model: str, key: Callable[..., Key]
) -> Iterator[Mistake]:
    prompt = study.prompt("surveys", asked.prompt)
    if not prompt.answer_marker:
        return
    file = study.catalogue.path("prompts/surveys", asked.prompt)
    if asked.answer_mode != "sample":
        sentence = (
            f"{file} has the model think aloud, which only `sample` lets it; ask by sample, or "
            "with another prompt"
        )
        yield Mistake(key("answer_mode"), asked.answer_mode, sentence)
    room = asked.sampling.max_tokens
    if room < _ROOM:
        sentence = f"{file} has the model think aloud; expected {_ROOM} tokens or more"
        yield Mistake(key("sampling", "max_tokens"), room, sentence)
    chat = study.model(model).api == "chat"
    shown = (
        prompt.before,
        prompt.after if asked.require_label else "",
        prompt.system if chat else "",
    )
    if not any(prompt.answer_marker in lines for lines in shown):
        away = ("the line that says so is left out, ", "require_label", asked.require_label)
        never = ("no line that is shown says so, ", "prompt", asked.prompt)
        why, at, value = away if prompt.answer_marker in prompt.after else never
        sentence = (
            f"{file} waits for {prompt.answer_marker!r}, but {why}so that no answer can be read"
        )
        yield Mistake(key(at), value, sentence)
