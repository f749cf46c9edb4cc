"""One file a stage: its `Settings`, which are all it may know of the experiment, and its `run`.

Imports every room above it but `providers`, which are loaded by name. What it computes lives
there.
"""
