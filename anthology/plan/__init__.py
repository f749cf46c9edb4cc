"""The cost estimate: a dry run of every stage that asks a paid model.

Imports `study` and what stands below it. It sends no request.
"""
