"""The experiment, read and checked once, and the names that wildcards may stand for."""

import re
import sys
from pathlib import Path

from anthology.errors import AnthologyError
from anthology.study.workflow import Workflow

try:
    experiment = Workflow(
        config,
        root=Path(workflow.basedir, "config"),
        files=[
            Path(workflow.basedir, "config/config.yaml"),
            *map(Path, workflow.config_settings.configfiles),
        ],
        command_line=workflow.config_settings.config,
        # Rules are parsed before Snakemake knows its targets, hence from the command itself. That
        # of a job on another machine names its inputs too, such as the parts of an artifact.
        targets=[
            word
            for word in sys.argv[1:]
            if workflow.is_main_process
            and re.match(r"results/.*[.](csv|parquet|json|sav|html|svg|zip)$", word)
        ],
        defaults=workflow.resource_settings.default_resources or {},
    )
    if workflow.is_main_process:
        experiment.check_files()
except AnthologyError as error:
    sys.exit(f"error: {error}")


def reported(file: str, category: str = "{survey}") -> str:
    """Mark a figure or a table for the report, with the caption that is named after it."""
    name = Path(file).stem
    kind = "figure" if file.endswith(".svg") else "table"
    return report(
        file,
        caption=f"captions/{kind}s/{name}.rst",
        category=category,
        labels={"result": f"{kind}: {name}"},
    )


def own(file: str) -> str:
    """Mark a file of the user's as one that stays on this machine, whatever storage is used."""
    return local(file) if file in experiment.own_files else file


wildcard_constraints:
    **experiment.wildcard_constraints(),
