"""Makes `python -m anthology` the `anthology` command."""

import sys

from anthology.cli import main

sys.exit(main())
