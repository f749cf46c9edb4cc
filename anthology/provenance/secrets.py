"""Keeping secrets out of records."""

import re
from typing import Any

_CREDENTIALS = re.compile(r"(\w+://)[^/@\s\"']*@")
_SECRET = re.compile(r"(api_?key|password|passwd|secret|authorization|credential|[a-z]_token)s?$")


def redact_secrets(value: Any) -> Any:
    """Return plain JSON types without what gives access to something.

    Names and passwords are taken out of addresses, and the values of keys such as `api_key` are
    replaced. A key of the environment never comes this far; this is for one that somebody wrote
    into a model's file.
    """
    if isinstance(value, str):
        return _CREDENTIALS.sub(r"\1", value) if "@" in value else value
    if isinstance(value, dict):
        return {
            key: "***" if _names_secret(key, v) else redact_secrets(v) for key, v in value.items()
        }
    if isinstance(value, list):
        return [redact_secrets(one) for one in value]
    return value


def _names_secret(key: str, value: Any) -> bool:
    return isinstance(value, str) and bool(_SECRET.search(key.lower().replace("-", "_")))
