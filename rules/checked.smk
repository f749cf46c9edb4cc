"""The configuration file, read strictly before Snakemake reads it, for a message that helps."""

import sys
from pathlib import Path

from anthology.errors import AnthologyError
from anthology.yamlfile import read_mapping

try:
    read_mapping(Path(workflow.basedir, "config/config.yaml"))
except AnthologyError as error:
    sys.exit(f"error: {error}")
