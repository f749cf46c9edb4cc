"""The base of every typed setting."""

import json
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
