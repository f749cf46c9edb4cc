"""The configuration file, read strictly before Snakemake reads it, for a message that helps."""

import gc
import sys
from pathlib import Path

from anthology.errors import AnthologyError
from anthology.io.yaml import read_mapping

# What is imported by now stays until the end; looking through it for garbage again and again
# takes longer than reading all of the configuration.
gc.freeze()

try:
    read_mapping(Path(workflow.basedir, "config/config.yaml"))
except AnthologyError as error:
    sys.exit(f"error: {error}")
