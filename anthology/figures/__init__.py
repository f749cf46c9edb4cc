"""One file a figure, drawn from the tables of `analysis`.

Imports `analysis` and what stands below it. A figure computes nothing that a table does not hold.
"""
