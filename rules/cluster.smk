"""
Cluster: which rules are submitted as jobs where an executor submits any.

A rule that asks a model is. Any other runs beside Snakemake, unless `set-resources` in a profile, or
--set-resources, says what its job needs. Before jobs are submitted, those that a killed run left and
that make the same files are cancelled, and what each job is submitted for is written down.
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
