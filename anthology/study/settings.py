"""What each stage may know of the experiment: what makes what stale.

A stage's command gets what its `Settings` declare and nothing else, so what is not declared cannot
change its result, and what is declared makes it run again when it changes.

The declarations are read from the modules' source. Importing the modules, and with them NumPy and
Arrow, would take each start of Snakemake some seconds; a test compares both ways.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from anthology.config.stage import Derived, From
from anthology.records import canonical_json
from anthology.study.codehash import code_hash, imported
from anthology.study.derived import Derivations
from anthology.study.sources import copy
from anthology.study.study import Study

Setting = Callable[[Any], Any]
"""From a rule's wildcards to one setting's value, as plain JSON types."""

_PACKAGE = Path(__file__).parents[1]
_CLASS = r"^class {}\((\w+)\):\n((?:    .*\n|\n)*)"
_FIELD = re.compile(r"^    (\w+): ((?:.*\n)(?:(?:        .*|    \]|    \)).*\n)*)", re.MULTILINE)
_SOURCE = re.compile(r"\b(From|Derived)\(([^)]*)\)")
_TEXT = re.compile(r'"([^"]*)"')


def settings(study: Study, stage: str) -> dict[str, Setting]:
    """Return a stage's settings as a rule's params.

    Parameters
    ----------
    study
        The experiment.
    stage
        The stage, by the name of its command.

    Returns
    -------
    dict
        For each setting a function of the wildcards that gives it as canonical
        JSON with its own key inside: Snakemake compares params as a set of
        texts, so a value must say what it is the value of.
    """
    values = dict(_values(study, stage))

    def code(wildcards: Any) -> str:
        models = [value(wildcards) for key, value in values.items() if key.endswith("model")]
        providers = (f"providers.{model['provider']}" for model in models if model)
        return code_hash(f"stages.{stage}", *providers)

    def param(key: str, value: Setting) -> Setting:
        outer, _, inner = key.partition(".")
        if inner:
            return lambda wildcards: canonical_json({outer: {inner: value(wildcards)}})
        return lambda wildcards: canonical_json({outer: value(wildcards)})

    # The prefix keeps clear of names that Snakemake's params have for themselves, such as `items`.
    return {
        f"set_{key.replace('.', '_')}": param(key, value)
        for key, value in {**values, "code": code}.items()
    }


def _values(study: Study, stage: str) -> Iterator[tuple[str, Setting]]:
    """Yield each setting's key and value; a trait that is asked is a setting of its own."""
    for key, source in declared(f"stages.{stage}").items():
        if isinstance(source, From):
            yield key, partial(copy, study, source)
        elif source.function == "asked_traits":
            traits = Derivations(study, None).asked_traits()
            yield from ((f"{key}.{name}", partial(_part, traits, name)) for name in traits)
        else:
            yield key, partial(_derive, study, source.function)


def _part(values: dict[str, Any], name: str, _: Any) -> Any:
    return values[name]


def _derive(study: Study, function: str, wildcards: Any) -> Any:
    return getattr(Derivations(study, wildcards), function)()


@cache
def declared(module: str, name: str = "Settings") -> dict[str, From | Derived]:
    """Return where the settings of a module come from, those of its bases first."""
    path = _PACKAGE.joinpath(*module.split(".")).with_suffix(".py")
    source = path.read_text(encoding="utf-8")
    found = re.search(_CLASS.format(name), source, re.MULTILINE)
    if found is None:
        (where,) = (one for one in imported(source) if one.endswith(f".{name}"))
        return declared(where.removeprefix("anthology.").removesuffix(f".{name}"), name)
    base, body = found.groups()
    own = {
        field: {"From": From, "Derived": Derived}[how[1]](*_TEXT.findall(how[2]))
        for field, annotation in _FIELD.findall(body)
        if (how := _SOURCE.search(annotation))
    }
    return own if base == "Record" else declared(module, base) | own
