"""The toy society: a model and a population that need no key, no download and no network.

Imports `config`, `io` and `models`; its words and numbers lie in `assets/`. What it yields is
synthetic and has no evidential value.
"""
