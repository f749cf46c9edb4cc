"""The command line: a subcommand for each stage, and those for people.

Imports everything. It holds no logic of its own.
"""
