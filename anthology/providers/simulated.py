"""The embedded toy model: synthetic answers of no evidential value, without a key or a network."""

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.models.base import Provider
from anthology.models.registry import Capabilities
from anthology.models.usage import Usage

CAPABILITIES = Capabilities(paid=False, source="simulated", exact_label_probs=True)


def open_model(_identity: ModelIdentity, _endpoint: Endpoint, _meter: Usage) -> Provider:
    """Return the model, which is the same whatever it is called."""
    from anthology.simulation.model import Simulated

    return Simulated()
