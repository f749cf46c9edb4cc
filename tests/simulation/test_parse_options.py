"""Options are found in a prompt, whatever its layout."""

import pytest

from anthology.config.formats import Format
from anthology.simulation.parse_options import parse_options
from tests.support.simulated import LAYOUTS, OPINION, texts


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda f: f"{f.symbols}-{f.brackets}-{f.asker}")
def test_options_are_found_in_every_layout(layout: Format) -> None:
    found = parse_options(f"A question?\n{OPINION.written(layout)}\nGive one of the labels.")
    assert found is not None
    assert found.texts == texts(OPINION)
    assert found.labels == tuple(layout.label(i) for i in range(4))


@pytest.mark.parametrize("text", ["I think so.", "A man walked in.\nHe sat.", "B. first\nA. last"])
def test_no_options_are_found_where_none_are(text: str) -> None:
    assert parse_options(text) is None
