"""Holding an answer to choices: as OpenAI's chats and llama.cpp are told, and reading it back."""

from typing import Any

import orjson

from anthology.errors import ModelError

JSON_OVERHEAD = 16
"""Tokens that `{"answer": ""}` takes, with room to spare."""


def json_schema(choices: tuple[str, ...]) -> dict[str, Any]:
    """Return the choices as OpenAI's chats are held to them: an object with one answer."""
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
    """Return the choices as llama.cpp writes grammars, in which texts are quoted as in JSON."""
    return "root ::= " + " | ".join(orjson.dumps(choice).decode() for choice in choices)


def match_choice(text: str, choices: tuple[str, ...]) -> str:
    """Return the choice that an answer names, as plain text or in a JSON object."""
    if text in choices:
        return text
    bare = {choice.strip(): choice for choice in choices}
    said: Any = text.strip()
    if said not in bare:
        try:
            said = orjson.loads(said)["answer"]
        except (orjson.JSONDecodeError, TypeError, KeyError):
            said = None
    if not isinstance(said, str) or said not in bare:
        raise ModelError(
            f"answered {text[:80]!r}, which is none of the choices",
            hint="Its server did not keep to them: correct "
            "`endpoint.constrained_output` in the model's file, raise "
            "`max_tokens` where the answer was cut off, or ask by `sample`.",
        )
    return bare[said]
