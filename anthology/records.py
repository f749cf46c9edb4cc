"""The base of every typed setting."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen, closed record: an unknown key is an error, a value never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def canonical(value: Any) -> str:
    """Write a value as JSON in the one form that equal values share.

    Keys are sorted and no space is left over, so a YAML file with its keys in
    another order, or with other comments, gives the same text.
    """
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def merged(parts: Iterable[str]) -> dict[str, Any]:
    """Put together what canonical JSON objects say; their keys may share a mapping."""
    whole: dict[str, Any] = {}
    for part in parts:
        for key, value in json.loads(part).items():
            if isinstance(value, dict) and isinstance(whole.get(key), dict):
                whole[key] = {**whole[key], **value}
            else:
                whole[key] = value
    return whole
