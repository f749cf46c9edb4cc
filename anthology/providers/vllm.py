"""vLLM's asynchronous engine in this process: continuous batching without a server."""

import asyncio
import dataclasses
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, TypeVar

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.errors import EndpointError, ModelError, RefusedError
from anthology.models.ask import text_prompt
from anthology.models.base import Completion, Message, Provider, Reply, Request
from anthology.models.load_spec import engine_options
from anthology.models.registry import Capabilities
from anthology.models.usage import Usage
from anthology.providers.http.label_probs import LabelProbReader
from anthology.providers.http.text_logprobs import common_prefix_length, sum_logprobs
from anthology.spelling import suggest

CAPABILITIES = Capabilities(needs_model=True, exact_label_probs=True)

T = TypeVar("T")

Prompt = str | Sequence[Mapping[str, str]]
"""A text, or the messages of a chat with their `role` and `content`."""

_ENVIRONMENT = {
    # Standard output is for results.
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_NO_USAGE_STATS": "1",
    # A forked process that has threads may deadlock.
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
}
_RESERVED = ("model", "revision")
_SEEDS = 2**31  # As for servers, so that both give the same answers.
_NEW_TURN = {"add_generation_prompt": True}
_CONTINUED = {"add_generation_prompt": False, "continue_final_message": True}


def open_model(identity: ModelIdentity, endpoint: Endpoint, _meter: Usage) -> Provider:
    """Return the engine, not yet started.

    Raises
    ------
    EndpointError
        If `body` sets fields, which only a server understands.
    """
    return Engine(identity, endpoint)


class Engine:
    """A model in this process, which batches any number of concurrent requests by itself.

    Parameters
    ----------
    identity
        Which model, and the options of the engine that may change what it answers.
    endpoint
        The options that change only its speed.
    """

    def __init__(self, identity: ModelIdentity, endpoint: Endpoint) -> None:
        self.served = identity.model
        self.version: str | None = None
        self.address: str | None = None
        self._identity, self._where = identity, f"model {identity.name}"
        self._options = _options(identity, endpoint)
        exact = endpoint.model_copy(
            update={"label_logprobs": True, "max_tokens_field": "max_tokens"}
        )
        self._labels = LabelProbReader(identity, exact, str(self.served), self._as_server)
        self._engine: Any = None
        self._numbers = count()

    async def open(self) -> None:
        """Start the engine: import vLLM and load the weights.

        Raises
        ------
        EndpointError
            If vLLM is missing, an option is unknown, the model cannot be loaded,
            or it is asked in chats and has no chat template.
        """
        if self._engine is not None:
            return
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        arguments = self._arguments()
        print(f"{self._where}: starting vLLM with {self.served} ...", file=sys.stderr, flush=True)
        # vLLM fails with every kind of exception; after any of them there is no engine.
        try:
            self._engine = await asyncio.to_thread(_start, arguments)
        except Exception as error:
            raise EndpointError(
                f"vLLM could not start with {self.served}: {_reason(error)}",
                where=self._where,
                hint="vLLM's own message stands above.",
            ) from error
        self.version = _version()
        if self._identity.api == "chat":
            await self._tokenize([{"role": "user", "content": "?"}])

    async def close(self) -> None:
        """Stop the engine and give its memory back."""
        if self._engine is not None:
            await asyncio.to_thread(self._engine.shutdown)
            self._engine = None

    async def sample(self, request: Request) -> Reply:
        """Answer one request; at temperature 0 all its completions are one.

        Raises
        ------
        EndpointError
            If the engine has died.
        ModelError
            If the prompt is too long for the model or the engine refuses the request.
        """
        try:
            if request.logprobs:
                return await self._labels.read(request)
            return await (self._score_text if request.score_text else self._complete)(request)
        except ModelError as error:
            raise type(error)(
                error.what, where=error.where or self._where, hint=error.hint
            ) from error.__cause__

    async def _complete(self, request: Request) -> Reply:
        from vllm.sampling_params import StructuredOutputsParams

        how, prompt = request.sampling, request.prompt
        self._check_prompt(prompt)
        alike = request.n if how.temperature == 0 else 1
        ids = await self._tokenize(
            prompt
            if isinstance(prompt, str)
            else [{"role": said.role, "content": said.content} for said in prompt]
        )
        answers, _ = await self._generate(
            ids,
            n=request.n // alike,
            temperature=how.temperature,
            top_p=how.top_p,
            max_tokens=how.max_tokens,
            seed=None if how.temperature == 0 else request.seed % _SEEDS,
            stop=[] if request.choices else list(request.stop),
            logprobs=0 if request.want_logprobs else None,
            structured_outputs=StructuredOutputsParams(choice=list(request.choices))
            if request.choices
            else None,
        )
        draws = tuple(
            Completion(
                answer.text,
                answer.finish_reason,
                len(answer.token_ids),
                answer.cumulative_logprob if request.want_logprobs else None,
            )
            for answer in answers
        )
        return Reply(draws * alike, None, len(ids), sum(draw.tokens for draw in draws))

    async def _score_text(self, request: Request) -> Reply:
        """Return the log-probability of a given text."""
        prompt = text_prompt(request)
        self._check_prompt(prompt)
        ids = await self._tokenize(prompt + request.score_text)
        first = common_prefix_length(ids, await self._tokenize(prompt)) if prompt else 0
        _, chances = await self._generate(ids, temperature=0, max_tokens=1, prompt_logprobs=0)
        logprobs = [
            chance and chance[token].logprob for token, chance in zip(ids, chances, strict=True)
        ]
        tokens, logprob = sum_logprobs(logprobs, first)
        return Reply((Completion(request.score_text, "stop", tokens, logprob),), None, len(ids), 1)

    def _check_prompt(self, prompt: str | tuple[Message, ...]) -> None:
        """Refuse a text for a chat model, and messages for a base model."""
        api = self._identity.api
        if isinstance(prompt, str) != (api == "completions"):
            raise ModelError(
                f"was given {'a text' if api == 'chat' else 'messages'}, but its file says "
                f"`api: {api}`"
            )

    async def _as_server(self, path: str, fields: dict[str, Any], read: Callable[[Any], T]) -> T:
        """Stand in for a vLLM server towards `LabelProbReader`: (de)tokenize and complete."""
        tokenizer = self._engine.renderer.get_tokenizer()
        if path == "/tokenize":
            tokens = tokenizer.encode(fields["prompt"], add_special_tokens=False)
            return read({"tokens": tokens})
        if path == "/detokenize":
            return read({"prompt": tokenizer.decode(fields["tokens"])})
        prompt = fields["prompt"] if "prompt" in fields else fields["messages"]
        going_on = "continue_final_message" in fields
        ids = await self._tokenize(prompt, _CONTINUED if going_on else _NEW_TURN)
        (answer,), _ = await self._generate(
            ids,
            temperature=0,
            max_tokens=fields["max_tokens"],
            logprob_token_ids=fields["logprob_token_ids"],
        )
        shown = [
            {_number(token): chance.logprob for token, chance in position.items()}
            for position in answer.logprobs
        ]
        names = [_number(token) for token in answer.token_ids]
        chosen = [chances[name] for name, chances in zip(names, shown, strict=True)]
        scores = {"tokens": names, "token_logprobs": chosen, "top_logprobs": shown}
        usage = {"prompt_tokens": len(ids), "completion_tokens": len(names)}
        return read({"choices": [{"text": answer.text, "logprobs": scores}], "usage": usage})

    async def _tokenize(
        self, prompt: Prompt, template: Mapping[str, bool] = _NEW_TURN
    ) -> list[int]:
        """Return the tokens of a prompt.

        Raises
        ------
        EndpointError
            If the prompt is a chat and the model has no chat template.
        ModelError
            If the prompt leaves no room in the model's window for an answer.
        """
        from vllm.renderers import ChatParams, TokenizeParams
        from vllm.renderers.chat_utils import ChatTemplateResolutionError

        renderer, text = self._engine.renderer, isinstance(prompt, str)
        # Without a limit, so that the tokens of a prompt that is too long are counted too.
        how = TokenizeParams(max_total_tokens=None, add_special_tokens=text)
        async with self._translated_errors():
            try:
                if text:
                    (seen,) = await renderer.render_cmpl_async([{"prompt": prompt}], how)
                else:
                    chat = ChatParams(chat_template_kwargs=dict(template))
                    _, (seen,) = await renderer.render_chat_async([prompt], chat, how)
            except ChatTemplateResolutionError as error:
                raise EndpointError(
                    f"{self.served} has no chat template, so it cannot be asked in a chat",
                    where=self._where,
                    hint="Set `api: completions`, or use the model's instruct version.",
                ) from error
        ids: list[int] = seen["prompt_token_ids"]
        window = self._engine.model_config.max_model_len
        if len(ids) >= window:
            raise RefusedError(
                f"the prompt has {len(ids):,} tokens, which leaves no room for an answer in the "
                f"model's window of {window:,}",
                hint="Shorten what stands before the question, or raise `max_model_len` in "
                "`engine` if the model can take it.",
            )
        return ids

    async def _generate(self, ids: list[int], **drawing: Any) -> tuple[Any, Any]:
        """Complete a prompt; return the completions and the prompt's own log-probabilities."""
        from vllm.inputs import tokens_input
        from vllm.sampling_params import RequestOutputKind, SamplingParams

        async with self._translated_errors():
            how = SamplingParams(**drawing, output_kind=RequestOutputKind.FINAL_ONLY)
            number = str(next(self._numbers))
            async for output in self._engine.generate(tokens_input(ids), how, number):
                answers, chances = output.outputs, output.prompt_logprobs
        for answer in answers:
            if answer.finish_reason not in ("stop", "length"):
                raise ModelError(f"vLLM broke an answer off ({answer.finish_reason})")
        return answers, chances

    @asynccontextmanager
    async def _translated_errors(self) -> AsyncIterator[None]:
        """Turn vLLM's exceptions into this project's errors."""
        from vllm.exceptions import VLLMError
        from vllm.v1.engine.exceptions import EngineDeadError

        try:
            yield
        except EngineDeadError as error:
            raise EndpointError(
                "vLLM's engine has died",
                where=self._where,
                hint="Its last messages stand above; often memory ran out. All answers so far are "
                "in the journal.",
            ) from error
        except (VLLMError, ValueError) as error:
            raise RefusedError(f"vLLM refused the request: {_reason(error)}") from error

    def _arguments(self) -> Any:
        try:
            from vllm.engine.arg_utils import AsyncEngineArgs
        except ImportError as error:
            raise EndpointError(
                f"vLLM cannot be imported: {error}",
                where=self._where,
                hint="Install it with: pip install '.[vllm]'",
            ) from error
        options = [field.name for field in dataclasses.fields(AsyncEngineArgs)]
        known = [name for name in options if name not in _RESERVED]
        for name in self._options:
            if name not in known:
                own = f"`{name}` stands beside `engine` in the model's file."
                raise EndpointError(
                    f"vLLM's engine has no option {name!r} to set here",
                    where=self._where,
                    hint=own if name in _RESERVED else suggest(name, known),
                )
        given = {"disable_log_stats": True, **self._options}
        return AsyncEngineArgs(model=self.served, revision=self._identity.revision, **given)


def _options(identity: ModelIdentity, endpoint: Endpoint) -> dict[str, Any]:
    if identity.body:
        raise EndpointError(
            f"`body` sets {', '.join(identity.body)}, but an engine in this process is sent no "
            "fields",
            where=f"model {identity.name}",
            hint="Take `body` out, or serve the model with `vllm serve` and ask it through the "
            "provider openai.",
        )
    return engine_options(identity.name, identity.engine, endpoint)


def _start(arguments: Any) -> Any:
    from vllm.v1.engine.async_llm import AsyncLLM

    return AsyncLLM.from_engine_args(arguments)


def _version() -> str:
    import vllm

    return f"vllm {vllm.__version__}"


def _number(token: int) -> str:
    return f"token_id:{token}"


def _reason(error: Exception) -> str:
    """Return the message of an exception or of its cause, in one line of at most 300 characters."""
    said = " ".join(str(error.__cause__ or error).split()) or type(error).__name__
    return said if len(said) <= 300 else f"{said[:299]}…"
