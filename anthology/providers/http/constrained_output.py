"""Constrained output: the JSON schema or grammar of the allowed answers, and reading them back."""

from typing import Any

import orjson

from anthology.errors import ModelError

JSON_OVERHEAD = 16
"""Tokens that the JSON around an answer takes at most."""


def json_schema(choices: tuple[str, ...]) -> dict[str, Any]:
    """Return the choices as a JSON schema for OpenAI's chats: an object with one answer."""
    answer = {"type": "string", "enum": [choice.strip() for choice in choices]}
    whole = {
        "type": "object",
        "properties": {"answer": answer},
        "required": ["answer"],
        "additionalProperties": False,
    }
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": whole},
    }


def gbnf_grammar(choices: tuple[str, ...]) -> str:
    """Return the choices as a grammar for llama.cpp, which quotes texts as JSON does."""
    return "root ::= " + " | ".join(orjson.dumps(choice).decode() for choice in choices)


def match_choice(text: str, choices: tuple[str, ...]) -> str:
    """Return the choice that an answer names, as plain text or in a JSON object."""
    if text in choices:
        return text
    bare = {choice.strip(): choice for choice in choices}
    answer: Any = text.strip()
    if answer not in bare:
        try:
            answer = orjson.loads(answer)["answer"]
        except (orjson.JSONDecodeError, TypeError, KeyError):
            answer = None
    if not isinstance(answer, str) or answer not in bare:
        raise ModelError(
            f"answered {text[:80]!r}, which is none of the choices",
            hint="The server did not constrain it: correct "
            "`endpoint.constrained_output` in the model's file, raise "
            "`max_tokens` where the answer was cut off, or ask by `sample`.",
        )
    return bare[answer]
