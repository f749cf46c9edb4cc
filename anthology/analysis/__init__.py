"""Statistics: distances, alpha, bounds, intervals, tests, agreement of individuals.

Imports `interview` and `matching` for their record types. Pure but for `load.py` and
`response_rows.py`.
"""
