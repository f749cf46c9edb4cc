"""Seeds are data: a draw keeps its value whatever the code around it is called."""

import pytest

from anthology.seeds import derive_seed

FROZEN: list[tuple[tuple[str | int, ...], int]] = [
    ((0,), 4761921975702974394),
    ((2024, "backstories", "natural", 7), 5724083272727786139),
    ((2024, "backstories", "natural", 7, 0, "preamble"), 1275234108908499207),
    ((2024, "backstories", "natural", 7, 0, "critic"), 4646310145506623504),
    ((2024, "backstories", "w34", "primed", "1001"), 2330270721022109093),
    ((2024, "backstories", "w34", "primed", "1001", "order"), 1255695133012495840),
    ((2024, "backstories", "shuffle", 3), 307668655559678958),
    ((2024, "humans", "w34", "1001"), 4936816510387131776),
    ((2024, "matches", "w34"), 7809807110217821127),
    ((2024, "matches", "w34", "1001"), 1308670470120477516),
    ((2024, "personas", "w34", "1001"), 4622812128597036381),
    ((2024, "responses", "w34", "1001", "FUD35_W34", 0), 385141619751626172),
    ((2024, "responses", "w34", "1001", "FUD35_W34", "options"), 989845876898733106),
    ((2024, "responses", "w34", "1001", "FUD35_W34", "place"), 7183489916057064789),
    ((2024, "responses", "w34", "1001", "FUD35_W34", "answer"), 2356285325823627658),
    ((2024, "traits", 12, "age"), 3446196943889371865),
    ((2024, "traits", 12, "age", "reader"), 4401033770164345226),
    ((2024, "traits", "age", "coder"), 3607733067112046565),
    ((2024, "metrics", "w34", "splits"), 7663955617785058928),
    ((2024, "comparisons", "w34", "draws"), 8735930795333208964),
    ((2024, "comparisons", "w34", "exchanges"), 1827112259765681436),
    ((2024, "individuals", "w34", "bootstrap"), 2484046672648621989),
    ((2024, "explorer", "1001"), 572234429401592778),
    ((7, "draws", 128), 2263123278614782658),
    ((7, "reversed"), 2909413610983394046),
]


@pytest.mark.parametrize(("path", "value"), FROZEN, ids=lambda x: str(x)[:60])
def test_seeds_of_every_stage_keep_their_values(path: tuple[str | int, ...], value: int) -> None:
    seed, *words = path
    assert isinstance(seed, int)
    assert derive_seed(seed, *words) == value
