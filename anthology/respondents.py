"""The rows of a survey's people, as the stages that go person by person need them."""

import pyarrow as pa

TRAIT = "trait:"
"""What the names of trait columns begin with."""


def respondents(humans: pa.Table) -> list[tuple[str, dict[str, int | None]]]:
    """Return for each respondent the id and the code of each trait, None where there is none."""
    names = [name for name in humans.column_names if name.startswith(TRAIT)]
    columns = [humans[name].to_pylist() for name in names]
    traits = [name.removeprefix(TRAIT) for name in names]
    rows = zip(*columns, strict=True) if columns else ((),) * humans.num_rows
    ids = humans["respondent"].to_pylist()
    return [(who, dict(zip(traits, row, strict=True))) for who, row in zip(ids, rows, strict=True)]
