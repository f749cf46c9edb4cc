"""A small study whose models are served over the network."""

from typing import Any

import yaml

from tests.support.project import Project, merge

KEY = "sk-a-key-that-nobody-may-read-7391"
VARIABLE = "TOY_KEY"
ALL = {
    "population": 12,
    "models": ["toy"],
    "compare": ["qa", "primed_bio", "greedy_bio", "max_weight_freeform"],
    "backstories": {
        "natural": {"model": "toy", "count": 16},
        "primed": {"model": "toy-chat"},
        "keep": {"critic_model": "toy-chat"},
    },
    "traits": {"model": "toy", "reader_model": "toy-chat"},
}
"""Every model of the study is a served one."""
PRICE = {"prompt": 1.0, "completion": 2.0}


def serve(project: Project, url: str, **endpoint: Any) -> None:
    """Have all models of a project served at an address."""
    declare(project, url, **endpoint)
    project.configure(lambda config: merge(config, ALL))


def declare(project: Project, url: str, **endpoint: Any) -> None:
    """Write the files of the two models that test servers serve."""
    for name, api in (("toy", "completions"), ("toy-chat", "chat")):
        spec = {
            "provider": "openai",
            "api": api,
            "model": name,
            "price": PRICE,
            "endpoint": {"base_url": url, "key_env": VARIABLE, "max_concurrency": 16, **endpoint},
        }
        path = project.path / "config/models" / f"{name}.yaml"
        path.write_text(yaml.safe_dump(spec, sort_keys=False))
