"""Keeping secrets and private paths out of provenance records."""

import re
from pathlib import PurePath
from typing import Any

_CREDENTIALS = re.compile(r"(\w+://)[^/@\s\"']*@")
_SECRET = re.compile(r"(api_?key|password|passwd|secret|authorization|credential|[a-z]_token)s?$")


def redact_secrets(value: Any) -> Any:
    """Return plain JSON types without passwords and keys.

    User names and passwords are taken out of addresses, and the values of keys such as `api_key`
    are replaced. Keys from the environment are never recorded; this is for one that somebody
    wrote into a model's file.
    """
    if isinstance(value, str):
        return _CREDENTIALS.sub(r"\1", value) if "@" in value else value
    if isinstance(value, dict):
        return {k: "***" if _names_secret(k, v) else redact_secrets(v) for k, v in value.items()}
    return [redact_secrets(element) for element in value] if isinstance(value, list) else value


def strip_folders(value: Any) -> Any:
    """Return plain JSON types in which a path outside the study is only its last name."""
    if isinstance(value, str):
        outside = value.startswith(("/", "~", "../"))
        return PurePath(value).name if outside and "\n" not in value else value
    if isinstance(value, dict):
        return {key: strip_folders(element) for key, element in value.items()}
    return [strip_folders(element) for element in value] if isinstance(value, list) else value


def _names_secret(key: str, value: Any) -> bool:
    return isinstance(value, str) and bool(_SECRET.search(key.lower().replace("-", "_")))
