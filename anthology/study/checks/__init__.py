"""What is checked across files before anything runs: names, models, prompts, groups.

Imports what `study` imports. All mistakes are reported in one message.
"""
