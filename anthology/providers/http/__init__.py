"""The client of OpenAI-compatible servers: requests to JSON, JSON to replies, errors.

Imports `models` and what stands below it. All but `server.py` and `version.py` is pure.
"""
