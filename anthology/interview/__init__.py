"""Questions out, answers in: interviews of personas and of backstories, and reading replies.

Imports `models` and what stands below it. Sends nothing itself.
"""
