"""The base of every typed setting."""

import ast
import inspect
import json
from collections.abc import Iterable, Mapping
from functools import cache
from textwrap import dedent
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Record(BaseModel):
    """A frozen, closed record: an unknown key is an error, a value never changes.

    The texts below the fields describe them in JSON schemas. They are read when a schema is
    asked for, since reading them takes longer than making the record's class.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    renamed: ClassVar[Mapping[str, str]] = {}
    """What keys below this record were called before, by their paths with dots."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Describe each field by the text that stands below it."""
        made = handler(core_schema)
        properties = handler.resolve_ref_schema(made).get("properties", {})
        for kind in cls.__mro__:
            if issubclass(kind, Record):
                for name, text in _texts(kind).items():
                    field = properties.get(name, {})
                    # What a section of its own says is not said again.
                    if handler.resolve_ref_schema(field).get("description") != text:
                        field.setdefault("description", text)
        return made


@cache
def _texts(kind: type[Record]) -> dict[str, str]:
    """Return the text that stands below each field in a record's own lines."""
    try:
        (lines,) = ast.parse(dedent(inspect.getsource(kind))).body
    except OSError:  # A record that is made from others has no lines of its own.
        return {}
    assert isinstance(lines, ast.ClassDef)
    found = {}
    for field, text in zip(lines.body, lines.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(str(said))):
                found[name] = inspect.cleandoc(said)
    return found


_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def canonical_json(value: Any) -> str:
    """Write a value as JSON in the one form that equal values share.

    Keys are sorted and no space is left over, so a YAML file with its keys in
    another order, or with other comments, gives the same text.
    """
    return _encode(value)


def merge_json(parts: Iterable[str]) -> dict[str, Any]:
    """Put together what canonical JSON objects say; their keys may share a mapping."""
    whole: dict[str, Any] = {}
    for part in parts:
        for key, value in json.loads(part).items():
            if isinstance(value, dict) and isinstance(whole.get(key), dict):
                whole[key] = {**whole[key], **value}
            else:
                whole[key] = value
    return whole
