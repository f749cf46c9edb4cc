"""A model to which every allowed answer is equally likely."""

import math

from anthology.errors import ModelError
from anthology.models import Draw, Model, Reply, Request
from anthology.models.options import listed
from anthology.simulation.prompt import hear
from anthology.simulation.seeding import request_generator


def open_model() -> Model:
    """Return the model, ready to be asked."""
    return Uniform()


class Uniform:
    """Answers with a random label, whoever is asked: the floor that any model should beat."""

    async def sample(self, request: Request) -> Reply:
        """Draw among the choices, or else the labels of the options that a prompt ends in."""
        asked = None if request.choices else listed(hear(request.prompt).ask)
        allowed = request.choices or (asked.labels if asked else ())
        if not allowed:
            raise ModelError(
                "was asked a question without options, which uniformly random answers have none to",
                hint="Use it for survey questions; another model has to write stories.",
            )
        even = -math.log(len(allowed))
        picks = request_generator(request).integers(len(allowed), size=request.draws)
        return Reply(
            draws=tuple(Draw(allowed[i], tokens=1, logprob=even) for i in picks),
            choice_logprobs=(even,) * len(request.choices) if request.logprobs else (),
            prompt_tokens=0,
            completion_tokens=request.draws,
        )
