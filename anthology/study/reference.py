"""The experiment language described: as a JSON schema for editors, and as a page for people."""

import json
from collections.abc import Iterator
from typing import Any

from anthology.config.experiment import Experiment
from anthology.config.traits import Trait
from anthology.config.types import DEFAULT
from anthology.records import Record
from anthology.study.files import FOLDERS

_HEAD = """\
# The configuration

This page is made from the grammar by `anthology reference`. `config/schema.json`, made by
`anthology schema`, gives an editor the same knowledge.

`config/config.yaml` declares the experiment. It names files beside it: surveys, models,
prompts and, for simulated surveys, populations, one a file, and the traits in
`config/traits.yaml`. Overlays compose from left to right
(`snakemake --configfile config/config.yaml config/paper.yaml`); mappings are merged key by key,
everything else is replaced. `--config` sets single keys:
`snakemake --config seed=7 'metrics={splits: 20}'`. A mistake anywhere is reported with its file,
key and value, what was expected, and the nearest right spelling, before anything runs. (Only what
`--configfile` names is read by Snakemake first, which says less about a file that is no YAML.
Targets stand before `--config` and `--configfile` on the command line.)

A default applies where a key is absent; `config/config.yaml` sets some keys otherwise.

Whatever may be given *by survey* is one value for all surveys, or a mapping from surveys to
values, with `default` for the rest.
"""


def json_schema() -> str:
    """Return the JSON schema of the experiment."""
    schema = Experiment.model_json_schema(mode="validation")
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def reference() -> str:
    """Return the page that describes every key."""
    parts = [_HEAD, *_record("config/config.yaml", Experiment)]
    for folder, grammar in FOLDERS.items():
        parts += _record(f"config/{folder}/*.yaml", grammar)
    parts += _record("config/traits.yaml (each trait)", Trait)
    return "\n".join(parts)


def _record(title: str, grammar: type[Record]) -> Iterator[str]:
    schema = grammar.model_json_schema(mode="validation")
    yield f"## `{title}`\n"
    yield _prose(schema.get("description", "")) + "\n"
    yield "| key | value | default | meaning |\n|---|---|---|---|"
    yield "\n".join(_rows(schema, schema.get("$defs", {}), ""))
    yield ""


def _rows(schema: dict[str, Any], defs: dict[str, Any], prefix: str) -> Iterator[str]:
    required = schema.get("required", [])
    for name, value in schema.get("properties", {}).items():
        key = f"{prefix}{name}"
        default = "must be given" if name in required else _default(value)
        # Pydantic leaves out a description that says the same as the section's own.
        meaning = value.get("description") or _resolve(value, defs)["description"]
        yield f"| `{key}` | {_type(value, defs)} | {default} | {_prose(meaning)} |"
        for inner, suffix in _inner(value, defs):
            yield from _rows(inner, defs, f"{key}.{suffix}")


def _inner(value: dict[str, Any], defs: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Find the records inside a value, with what stands for their place."""
    for member in [value, *value.get("allOf", []), *value.get("anyOf", [])]:
        if "$ref" in member:
            yield _resolve(member, defs), ""
        elif "$ref" in member.get("items", {}):
            yield _resolve(member["items"], defs), "*."
        else:
            for entry in _entries(member):
                if "$ref" in entry:
                    yield _resolve(entry, defs), "*."


def _entries(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the entries of a mapping may be."""
    more = value.get("additionalProperties")
    return [more] if isinstance(more, dict) else list(value.get("patternProperties", {}).values())


def _resolve(value: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    resolved: dict[str, Any] = defs[value["$ref"].rsplit("/", 1)[-1]]
    return resolved


def _type(value: dict[str, Any], defs: dict[str, Any]) -> str:
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_type(member, defs) for member in value["anyOf"]))
    if "$ref" in value:
        return "a section"
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{choice}`" for choice in value["enum"])
    kind = value.get("type", "")
    if kind == "array":
        one = _type(value.get("items", {}), defs)
        return f"a list of ({one})" if " or " in one else f"a list of {one}"
    if kind == "object":
        of = {_type(entry, defs) for entry in _entries(value)} or {"values"}
        return f"a mapping to {' or '.join(sorted(of))}"
    words = {"integer": "whole number", "number": "number", "string": "text", "null": "`null`"}
    return words.get(kind, "yes or no" if kind == "boolean" else "value") + _bounds(value)


def _bounds(value: dict[str, Any]) -> str:
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    found = [f"{sign} {value[name]}" for name, sign in limits.items() if name in value]
    return f" {', '.join(found)}" if found else ""


def _default(value: dict[str, Any]) -> str:
    if "default" not in value:
        return ""
    default = value["default"]
    if default == {DEFAULT: None}:
        default = "all"
    if isinstance(default, dict) and any(isinstance(v, (dict, list)) for v in default.values()):
        return ""
    return f"`{json.dumps(default, ensure_ascii=False)}`"


def _prose(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("``", "`")
