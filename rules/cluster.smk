"""
Cluster: which rules are jobs of their own where an executor sends jobs away.

A rule that asks a model is one. Any other runs beside Snakemake, except where it is told what its
job needs (`set-resources` in a profile, or --set-resources): then it is one too. Before any is sent,
jobs of a killed run that make the same files are ended, and it is written down what all are sent for.
"""

from anthology.cluster.slurm_orphans import cancel_orphans, job_comment
from anthology.cluster.submitted_jobs import record_submitted

workflow.localrules(
    *(
        known.name
        for known in workflow.rules
        if "max_concurrency" not in known.resources
        and known.name not in workflow.resource_settings.overwrite_resources
    )
)


onstart:
    if workflow.is_main_process:
        wanted = list(workflow.dag.needrun_jobs())
        record_submitted(
            Path(".snakemake/submitted"), (map(str, job.params) for job in wanted)
        )
        try:
            cancel_orphans(
                Path(".snakemake"),
                {job_comment(job.rule.name, job.wildcards) for job in wanted},
            )
        except AnthologyError as error:
            sys.exit(f"error: {error}")
