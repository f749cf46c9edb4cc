"""pyarrow without pandas, which it would import by itself.

The first list that pyarrow is given makes it import pandas, only to see whether it is a
series: 0.25 s and 50 MB, about half of what a short stage takes. Where pandas cannot be
found at that moment, it is done without, until something asks for pandas by name.
"""

import sys
from importlib.abc import MetaPathFinder

import pyarrow as pa


class _Hidden(MetaPathFinder):
    """Finds no pandas."""

    def find_spec(self, name: str, *_: object) -> None:
        """Refuse pandas, and leave all else to others."""
        if name == "pandas":
            raise ModuleNotFoundError("pandas is left out", name=name)


def leave_pandas_out() -> None:
    """Have pyarrow look for pandas, and not find it, before it is given anything."""
    if "pandas" in sys.modules:
        return
    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(hidden)
