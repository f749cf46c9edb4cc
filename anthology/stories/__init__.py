"""Backstories: generated until they pass the filters, or read from a file.

Imports `interview` and what stands below it. Stages decide where backstories come from.
"""
