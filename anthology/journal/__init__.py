"""The journal: paid-for completions, kept on disk for good.

Imports `io` and the top of the package. It stores bytes under keys and knows nothing of models.
"""
