"""Checks that no model is asked for what it cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from anthology.config.model import AnswerMode, ModelSpec
from anthology.models.registry import capabilities
from anthology.spelling import suggest
from anthology.study.checks.problem import Key, Mistake

if TYPE_CHECKING:
    from anthology.study.study import Study


def chat_needed(study: Study) -> Iterator[Mistake]:
    """Find base models where a chat model is needed."""
    keep, traits = study.experiment.backstories.keep, study.experiment.traits
    chats: list[tuple[Key, str, str | None]] = [
        (("backstories", "keep", "critic_model"), keep.critic_model, keep.critic),
        (("traits", "reader_model"), traits.reader_model, traits.reader),
        (
            ("traits", "coder_model"),
            traits.coder_model,
            traits.coder if traits.open_ended else None,
        ),
    ]
    for key, name, prompt in chats:
        if prompt is not None and study.model(name).api != "chat":
            known = [n for n in study.catalogue.names("models") if study.model(n).api == "chat"]
            sentence = "is asked in a chat, but continues texts (api: completions); "
            yield Mistake(key, name, sentence + suggest(name, known))


def unsupported_answer_modes(study: Study) -> Iterator[Mistake]:
    """Find answer modes that a model does not support."""
    e = study.experiment
    asked: list[tuple[Key, str, AnswerMode]] = [
        (("traits", "answer_mode"), e.traits.model, e.traits.answer_mode)
    ]
    for model, name in study.rows():
        own = study.condition(name).override("answer_mode")
        key: Key = ("conditions", name, "answer_mode") if own else ("questions", "answer_mode")
        asked.append((key, model, own or e.questions.answer_mode))
    for key, model, asking in asked:
        spec = study.model(model)
        file = study.catalogue.path("models", model)
        can = capabilities(spec)
        if asking not in can.answer_modes:
            known = ", ".join(can.answer_modes)
            yield Mistake(key, asking, f"{file}: the provider {spec.provider} answers by {known}")
        if not can.remote:
            continue
        if asking == "choice" and spec.endpoint.constrained_output is None:
            sentence = (
                f"{file} does not say how its server constrains answers to labels; set "
                f"endpoint.constrained_output, if it can be (`anthology models check "
                f"{model}` tells), or ask by sample"
            )
            yield Mistake(key, asking, sentence)
        if (asking, spec.endpoint.constrained_output, spec.api) == (
            "choice",
            "json_schema",
            "completions",
        ):
            sentence = (
                f"{file} has endpoint.constrained_output: json_schema, which only chats keep to; "
                f"{model} is a base model, so ask by sample"
            )
            yield Mistake(key, asking, sentence)
        if asking == "logprobs" and not (
            spec.endpoint.label_logprobs or spec.endpoint.top_logprobs
        ):
            sentence = (
                f"{file} says that its server gives no probabilities; set endpoint.top_logprobs or "
                f"endpoint.label_logprobs, if it does (`anthology models check {model}` tells), "
                "or ask by sample"
            )
            yield Mistake(key, asking, sentence)
    traits = e.traits
    sampled = traits.answer_mode != "logprobs" or traits.open_ended
    if traits.sampling.temperature == 0 and traits.samples > 1 and sampled:
        sentence = "at temperature 0 all answers are the same; set samples to 1, or a temperature"
        yield Mistake(("traits", "samples"), traits.samples, sentence)


def text_needed(study: Study) -> Iterator[Mistake]:
    """Find models that only choose among options where a text is needed."""
    stories, traits = study.experiment.backstories, study.experiment.traits
    asked: list[tuple[Key, str, str]] = [
        (("backstories", "primed", "model"), stories.primed.model, "life stories")
    ]
    if stories.natural.file is None:
        asked.append((("backstories", "natural", "model"), stories.natural.model, "life stories"))
    if traits.open_ended:
        asked.append((("traits", "model"), traits.model, "free answers (traits.open_ended)"))
    for key, name, wanted in asked:
        if not capabilities(study.model(name)).writes_text:
            sentence = f"chooses among the options of a question; {wanted} take another model"
            yield Mistake(key, name, sentence)


def unable_to_score(study: Study) -> Iterator[Mistake]:
    """Find models under `backstories.perplexity` that cannot score a text."""
    for i, name in enumerate(study.experiment.backstories.perplexity):
        reason = _reason(name, study.model(name))
        if reason is not None:
            known = study.catalogue.names("models")
            able = [other for other in known if _reason(other, study.model(other)) is None]
            file = study.catalogue.path("models", name)
            sentence = f"{file}: {reason}. Models that can: {', '.join(able)}"
            yield Mistake(("backstories", "perplexity", i), name, sentence)


def _reason(name: str, spec: ModelSpec) -> str | None:
    """Return why a model cannot score a text; None where it can."""
    if spec.api == "chat":
        return "is a chat model, which gives no log-probability of a given text"
    can = capabilities(spec)
    if not can.scores_text:
        return f"the provider {spec.provider} gives no log-probabilities of texts"
    if can.remote and not spec.endpoint.echo_logprobs:
        return (
            "does not say that its server tells the log-probabilities of given texts; set "
            f"endpoint.echo_logprobs, if it does (`anthology models check {name}` tells)"
        )
    return None
