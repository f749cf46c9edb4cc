"""Where a model is served: the server's address, its key and its list of models."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from yarl import URL

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.errors import EndpointError, ModelError, TransientError
from anthology.providers.http.address_file import find_address, how_to_start
from anthology.providers.http.errors import error_from_response, parse_json
from anthology.spelling import suggest

if TYPE_CHECKING:
    from openai import AsyncOpenAI

E = TypeVar("E", bound=ModelError)

_OPENAI = "https://api.openai.com/v1"
_MAX_LENGTH = 400  # Characters of what a server says.
_NO_KEY = "none"  # Servers that want no key mind none.
_LIST_TIMEOUT = 10.0  # Seconds; a list of names takes a server that is up less than one.
_NO_LIST = (404, 405, 501)


@dataclass(frozen=True, slots=True)
class Server:
    """A server's address and the key that it wants.

    Parameters
    ----------
    model
        The name of the file that declares the model, for messages.
    base
        The address, without a slash at its end.
    key
        The secret, empty where the server wants none.
    file
        Where the server's own job has written the address, and will write the next one; None
        where it stays where it is.
    owner
        What that job is called.
    """

    model: str
    base: str
    key: str = field(repr=False)
    file: str | None = None
    owner: str = ""

    @property
    def where(self) -> str:
        """The server as error messages name it."""
        return f"model {self.model} at {self.base}"

    @property
    def root(self) -> str:
        """The address without its version."""
        return self.base.removesuffix("/v1")

    def annotate(self, error: E) -> E:
        """Add to an error where it happened, and remove the key from it."""
        error.where = error.where or self.where
        if self.file and self.file not in error.hint:
            written = f"The address stands in {self.file}, written by {self.owner}."
            error.hint = f"{error.hint} {written}".strip()
        if self.key:
            error.what = error.what.replace(self.key, "***")
            error.hint = error.hint.replace(self.key, "***")
        # Shortened only after the key is removed, or else a part of the key might remain.
        if len(error.what) > _MAX_LENGTH:
            error.what = f"{error.what[:_MAX_LENGTH]} ..."
        error.args = (error.what, error.where, error.hint)
        return error

    def unreachable(self, what: str) -> ModelError:
        """Return the error for a server that does not answer, which a job may start again."""
        if self.file is None:
            hint = "Check the address, and whether the server is up."
            return self.annotate(EndpointError(what, hint=hint))
        hint = f"{self.file} was written by {self.owner}, which seems to be gone (check with "
        hint += f"`squeue`). {how_to_start(self.model)}"
        return self.annotate(TransientError(what, overloaded=True, hint=hint))

    def openai_client(self) -> "AsyncOpenAI":
        """Return the openai package's own client, without retries."""
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        return AsyncOpenAI(
            base_url=self.base,
            api_key=self.key or _NO_KEY,
            max_retries=0,
            timeout=_LIST_TIMEOUT,
            # A cluster's proxy leads out of it, and not from node to node.
            http_client=DefaultAsyncHttpxClient(trust_env=False) if self.file else None,
        )


def find_server(
    identity: ModelIdentity, endpoint: Endpoint, environment: Mapping[str, str] = os.environ
) -> Server:
    """Read where a model is served and the key for it.

    Raises
    ------
    TransientError
        If the job of the server has not written yet where it is.
    EndpointError
        If the key is not set, the address is none, or another model is served there.
    """
    where = f"model {identity.name}"
    named = endpoint.base_url_env and environment.get(endpoint.base_url_env)
    found = None if named else find_address(identity, endpoint)
    base = named or (found and found.address) or endpoint.base_url or _OPENAI
    source = f"the environment variable {endpoint.base_url_env}" if named else "`base_url`"
    try:
        url = URL(base)
        port = url.port
    except ValueError:
        url, port = URL(), None
    if url.scheme not in ("http", "https") or not url.host or port is None:
        raise EndpointError(
            f"{source} is no address of a server",
            where=where,
            hint="Give the whole of it, such as http://127.0.0.1:8000/v1.",
        )
    if url.user or url.password or url.query_string or url.fragment:
        raise EndpointError(
            f"{source} holds more than an address",
            where=where,
            hint="Give neither a password nor a `?` in it; keys go into the environment variable "
            "that `key_env` names.",
        )
    if found is not None and found.key is not None:
        return Server(
            identity.name, base.rstrip("/"), found.key, endpoint.address_file, found.owner
        )
    key = environment.get(endpoint.key_env, "").strip() if endpoint.key_env else ""
    if endpoint.key_env and not key:
        raise EndpointError(
            f"the environment variable {endpoint.key_env} is not set",
            where=where,
            hint=f"It has to hold the key: export {endpoint.key_env}=...",
        )
    if not key.isascii() or not key.isprintable():
        raise EndpointError(
            f"the environment variable {endpoint.key_env} holds characters that no key has",
            where=where,
            hint="Set it again; something may have been pasted along with the key.",
        )
    file = endpoint.address_file if found else None
    return Server(identity.name, base.rstrip("/"), key, file, found.owner if found else "")


def build_headers(sdk: "AsyncOpenAI") -> dict[str, str]:
    """Return the headers that the openai package would send, without those about itself."""
    headers = {**sdk.default_headers, **sdk.auth_headers}
    return {
        name: value
        for name, value in headers.items()
        if isinstance(value, str) and not name.lower().startswith("x-stainless")
    }


async def list_served_models(server: Server, sdk: "AsyncOpenAI") -> list[str] | None:
    """Return the names of the models that a server says it serves; None if it does not say.

    Raises
    ------
    EndpointError
        If nothing answers, something else than such a server does, or the key is wrong.
    TransientError
        If the server has too much to do or is not ready.
    """
    from openai import APIStatusError

    try:
        payload = await _list(server, sdk)
    except APIStatusError as error:
        if error.status_code not in _NO_LIST:
            said = parse_json(error.response.content)
            raise server.annotate(
                error_from_response(error.status_code, said, error.response.headers)
            ) from None
        if not server.base.endswith("/v1") and await _beneath(server, sdk):
            raise server.annotate(
                EndpointError(
                    "the list of models is at another address",
                    hint=f"Set the address to {server.base}/v1.",
                )
            ) from None
        return None
    models = payload.get("data") if isinstance(payload, dict) else payload
    if not isinstance(models, list):
        raise server.annotate(
            EndpointError(
                "the server answers, but not with a list of models",
                hint="Check the address, up to and including /v1.",
            )
        )
    return [str(model["id"]) for model in models if isinstance(model, dict) and "id" in model]


async def _beneath(server: Server, sdk: "AsyncOpenAI") -> bool:
    from openai import APIStatusError

    try:
        payload = await _list(server, sdk.with_options(base_url=f"{server.base}/v1"))
    except APIStatusError:
        return False
    return isinstance(payload, dict) and "data" in payload


async def _list(server: Server, sdk: "AsyncOpenAI") -> Any:
    from openai import APIConnectionError, APITimeoutError

    try:
        return parse_json((await sdk.models.with_raw_response.list()).content)
    except APITimeoutError:
        raise server.unreachable(f"no answer within {_LIST_TIMEOUT:.0f} s") from None
    except APIConnectionError as error:
        raise server.unreachable(f"no connection: {error.__cause__ or error}") from None


def choose_model(server: Server, wanted: str | None, served: list[str] | None) -> str:
    """Return the server's name for the model that is wanted, or for the only one it serves.

    Raises
    ------
    EndpointError
        If it is not served, or several are and the model's file names none.
    """
    if wanted is not None:
        if served is None or wanted in served:
            return wanted
        if f"{wanted}:latest" in served:  # Ollama's name for a model that was named without a tag.
            return f"{wanted}:latest"
        what, hint = f"{wanted!r} is not served here", suggest(wanted, served)
    elif served is not None and len(served) == 1:
        return served[0]
    elif not served:
        what, hint = "the server does not say what it serves", "Set `model` in the model's file."
    else:
        what = f"{len(served)} models are served here, and `model` names none of them"
        hint = suggest("", served)
    raise server.annotate(EndpointError(what, hint=hint))
