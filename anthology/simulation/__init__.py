"""The toy society: a model and a population that need no key, no download and no network.

Imports `models` and `config`. Its numbers are synthetic and have no evidential value.
"""
