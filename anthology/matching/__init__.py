"""Similarity of respondents and backstories, and their assignment to one another.

Imports `config` and the top of the package. Pure: arrays in, arrays out.
"""
