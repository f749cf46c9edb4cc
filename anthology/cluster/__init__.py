"""Slurm jobs, containers, and the vLLM server of a job.

Imports `providers` and what stands below it. Snakemake's own executors do the submitting.
"""
