"""One file a provider of models, found by its name and loaded only where it is asked.

Imports `models` and `simulation`. `http/` is the client of OpenAI-compatible servers.
"""
