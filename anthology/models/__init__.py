"""Asking one model: the protocol, the session of a stage, the cache, concurrency and limits.

Imports `config`, `io` and `journal`. Providers are loaded by name, never imported.
"""
