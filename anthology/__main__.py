"""Makes `python -m anthology` the `anthology` command."""

import sys

from anthology.cli.main import main

sys.exit(main())
