"""
Cluster: which rules are jobs of their own where an executor sends jobs away.

A rule that asks a model is one. Any other runs beside Snakemake, except where it is told what its
job needs (`set-resources` in a profile, or --set-resources): then it is one too.
"""

from anthology.orphans import end_orphans, label

workflow.localrules(
    *(
        known.name
        for known in workflow.rules
        if "in_flight" not in known.resources
        and known.name not in workflow.resource_settings.overwrite_resources
    )
)


onstart:
    if workflow.is_main_process:
        try:
            end_orphans(
                Path(".snakemake"),
                {
                    label(job.rule.name, job.wildcards)
                    for job in workflow.dag.needrun_jobs()
                },
            )
        except AnthologyError as error:
            sys.exit(f"error: {error}")
