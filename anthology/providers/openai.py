"""Models behind a server with OpenAI's API: OpenAI, Together, vLLM, Ollama, llama.cpp."""

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.models.base import Provider
from anthology.models.registry import Capabilities
from anthology.models.usage import Usage

CAPABILITIES = Capabilities(remote=True)


def open_model(identity: ModelIdentity, endpoint: Endpoint, meter: Usage) -> Provider:
    """Return the model, not yet looked for."""
    from anthology.providers.http.client import OpenAIModel

    return OpenAIModel(identity, endpoint, meter)
