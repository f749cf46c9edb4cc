"""Stages do without pandas, which pyarrow would import by itself."""

import subprocess
import sys

BEFORE = "import sys; from anthology.io.no_pandas import leave_pandas_out as leave; leave(); "


def printed(code: str) -> str:
    """Run code in a process that has imported nothing yet, and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_pyarrow_by_itself_imports_pandas() -> None:
    assert printed("import sys, pyarrow as pa; pa.array([1]); print('pandas' in sys.modules)") == (
        "True"
    )


def test_left_out_it_is_not_imported_whatever_tables_are_made_of() -> None:
    made = (
        "import numpy as np, pyarrow as pa; "
        "pa.array(['a']); pa.array(np.arange(3)); pa.table({'a': [None, 1.5]}); "
        "pa.Table.from_pylist([{'a': [1]}]).to_pylist(); print('pandas' in sys.modules)"
    )
    assert printed(BEFORE + made) == "False"


def test_who_asks_for_pandas_still_gets_it() -> None:
    asked = (
        "import pyarrow as pa; frame = pa.table({'a': [1, 2]}).to_pandas(); "
        "import pandas as pd; print(isinstance(frame, pd.DataFrame), "
        "pa.Table.from_pandas(frame).column_names, pa.array(frame['a']).to_pylist())"
    )
    assert printed(BEFORE + asked) == "True ['a'] [1, 2]"


def test_where_it_is_imported_already_it_stays() -> None:
    asked = "import pandas as pd, pyarrow as pa; "
    leave = "from anthology.io.no_pandas import leave_pandas_out as leave; leave(); "
    shown = "print(pa.array(pd.Series([1, None])).null_count)"
    assert printed(asked + leave + shown) == "1"
