"""How probable backstories are to a model.

A story's log-probability is that of its words after the question it answers, in the form in which
it was asked; for an interview, the sum over its answers, each after everything before it. The end
of a story is not part of it.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.errors import ModelError, RefusedError
from anthology.interview.transcript import Ask, Turn, render_text
from anthology.io.tables import align_columns
from anthology.models.ask import ask_model
from anthology.models.base import Model, Request

PERPLEXITY_COLUMNS = pa.schema(
    [
        ("model", pa.string()),
        ("backstory", pa.int64()),
        ("tokens", pa.int32()),
        ("logprob", pa.float64()),
        ("perplexity", pa.float64()),
        ("bits_per_word", pa.float64()),
    ]
)
"""The model and the story's number; the story's length in the model's tokens and its total natural
log-probability; exp(-logprob / tokens); and -log2 of its probability for each of its words, which
models with other tokens can be compared by. The figures are null where the model did not take the
story."""
_UNUSED = Sampling(temperature=0, max_tokens=1)
"""Stands in the request, in which nothing is drawn."""


@dataclass(frozen=True, slots=True)
class StoryScore:
    """A story's length in tokens and its total log-probability by one model."""

    tokens: int
    logprob: float


async def score_story(model: Model, turns: tuple[Turn, ...], layout: Format) -> StoryScore:
    """Ask a model for the log-probability of a story, given as questions and answers.

    Raises
    ------
    RefusedError
        If the model does not take it, as when it is too long, or it has no words.
    ModelError
        If the model could not be asked, or does not say.
    """
    tokens, logprob = 0, 0.0
    for place, turn in enumerate(turns):
        answer = (turn.answer or "").strip()
        if not answer:
            raise RefusedError("an answer of the story has no words")
        prompt = render_text(turns[:place], Ask(turn.question), layout)
        # After the mark of a turn a text goes on with a space.
        request = Request(prompt=prompt, sampling=_UNUSED, score_text=f" {answer}")
        completion = (await ask_model(model, request)).completions[0]
        if completion.logprob is None or not completion.tokens:
            raise ModelError("gave no log-probability of a story")
        tokens, logprob = tokens + completion.tokens, logprob + completion.logprob
    return StoryScore(tokens, logprob)


def perplexity_row(score: StoryScore | RefusedError, answers: list[str]) -> dict[str, int | float]:
    """Return the figures of one row; none for a story that the model did not take."""
    if isinstance(score, RefusedError):
        return {}
    words = sum(len(answer.split()) for answer in answers)
    with np.errstate(over="ignore"):
        perplexity = float(np.exp(-score.logprob / score.tokens))
    return {
        "tokens": score.tokens,
        "logprob": score.logprob,
        "perplexity": perplexity,
        "bits_per_word": -score.logprob / np.log(2) / words,
    }


def summarize_perplexities(table: pa.Table) -> str:
    """Return mean, median and quartiles of the perplexities, a line for each model."""
    rows = []
    for model in table["model"].unique().to_pylist():
        own = table.filter(pc.equal(table["model"], model))["perplexity"]
        given = own.drop_null().to_numpy()
        cells = ["", "", "", ""]
        if len(given):
            with np.errstate(invalid="ignore"):
                # Between two perplexities beyond all numbers there is no number either.
                quartiles = np.nan_to_num(np.percentile(given, (25, 50, 75)), nan=np.inf)
            figures = (given.mean(), quartiles[1], quartiles[0], quartiles[2])
            cells = [f"{figure:.2f}" for figure in figures]
        rows.append([model, str(len(given)), str(own.null_count), *cells])
    head = ["model", "stories", "not taken", "mean", "median", "lower quartile", "upper quartile"]
    return f"perplexity\n{align_columns(head, rows)}"
