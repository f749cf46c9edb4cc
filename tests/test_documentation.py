"""What the documentation names is there."""

import re

from tests.support.project import ROOT

_NAMED = re.compile(r"`((?:\w+/)*test_\w+\.py)`")


def test_every_file_of_tests_that_the_docs_name_is_there() -> None:
    named = {
        file for page in (ROOT / "docs").glob("*.md") for file in _NAMED.findall(page.read_text())
    }
    assert named
    assert not [file for file in named if not (ROOT / "tests" / file).is_file()]
