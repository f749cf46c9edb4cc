"""What is checked across files before anything runs: names, models, prompts, groups.

Imports what `study` imports. Every mistake found is told in one message.
"""
