"""The experiment, read and checked once, and the names that wildcards may stand for."""

import re
import sys
from pathlib import Path

from anthology.errors import AnthologyError
from anthology.workflow import Workflow

try:
    experiment = Workflow(
        config,
        root=Path(workflow.basedir, "config"),
        files=[
            Path(workflow.basedir, "config/config.yaml"),
            *map(Path, workflow.config_settings.configfiles),
        ],
        command_line=workflow.config_settings.config,
        # Rules are parsed before Snakemake knows its targets, hence from the command itself.
        targets=[
            word
            for word in sys.argv[1:]
            if re.match(r"results/.*[.](csv|parquet|json|sav)$", word)
        ],
    )
    if workflow.is_main_process:
        experiment.check_files()
except AnthologyError as error:
    sys.exit(f"error: {error}")


wildcard_constraints:
    **experiment.wildcard_constraints(),
