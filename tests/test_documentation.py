"""What the documentation names is there."""

import re

from tests.conftest import ROOT

_NAMED = re.compile(r"`(test_\w+\.py)?(?:::(test_\w+))?`(?!`)")


def test_every_test_that_shows_the_method_is_there() -> None:
    page = (ROOT / "docs/method.md").read_text()
    file, missing = "", []
    for named, function in filter(any, _NAMED.findall(page)):
        file = named or file
        path = ROOT / "tests" / file
        if not path.is_file() or (function and f"def {function}(" not in path.read_text()):
            missing.append(f"{file}::{function}")
    assert file
    assert not missing
