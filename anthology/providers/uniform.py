"""A model to which every allowed answer is equally likely."""

import math

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ModelError
from anthology.models.base import Completion, LabelProbs, Provider, Reply, Request
from anthology.models.in_process import InProcess
from anthology.models.registry import Capabilities
from anthology.models.usage import Usage

CAPABILITIES = Capabilities(
    paid=False, source="uniform", exact_label_probs=True, writes_text=False, scores_text=False
)


def open_model(_identity: ModelIdentity, _endpoint: Endpoint, _meter: Usage) -> Provider:
    """Return the model, which is the same whatever it is called."""
    return Uniform()


class Uniform(InProcess):
    """Answers with a random label: the baseline that any model should beat."""

    async def sample(self, request: Request) -> Reply:
        """Draw among the choices, or else the labels of the options that a prompt ends in."""
        from anthology.simulation.dice import request_generator
        from anthology.simulation.parse_options import parse_options
        from anthology.simulation.parse_prompt import parse_prompt
        from anthology.simulation.replies import find_marker

        if request.score_text:
            raise ModelError(
                "chooses among the options of a question, and has no log-probability for a text",
                hint="Name another model under backstories.perplexity.",
            )
        prompt = parse_prompt(request.prompt)
        asked = None if request.choices else parse_options(prompt.question)
        allowed = request.choices or (asked.labels if asked else ())
        if not allowed:
            raise ModelError(
                "was asked a question without options, which uniformly random answers have none to",
                hint="Use it for survey questions; another model has to write stories.",
            )
        if request.logprobs:
            return Reply(label_probs=LabelProbs((1 / len(allowed),) * len(allowed)))
        even = -math.log(len(allowed))
        picks = request_generator(request).integers(len(allowed), size=request.n)
        lead = "" if request.choices else find_marker(prompt)
        said = [f"{lead} {label}" if lead else label for label in allowed]
        return Reply(
            completions=tuple(Completion(said[i], tokens=1, logprob=even) for i in picks),
            completion_tokens=request.n,
        )
