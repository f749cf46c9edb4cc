"""From the YAML files to each stage's settings, checked as a whole.

Imports `stages` for their settings, and `config` and `io`. The Snakefile sees `workflow.py` alone.
"""
