"""
A study of virtual personas, from life stories to metrics.

Needs   config/config.yaml, or overlays given with --configfile
Makes   results/summary.csv, results/<survey>/metrics.csv and all that stands before them,
        results/backstories/perplexity.parquet

  snakemake                              the tables of all surveys, and perplexities
  snakemake results/w34/metrics.csv      the table of one survey
  snakemake results/report.html          all figures and tables on one page
  snakemake -n                           what would run, and why
"""

from snakemake.utils import min_version

min_version("9.10")


include: "rules/checked.smk"


configfile: f"{workflow.basedir}/config/config.yaml"


include: "rules/common.smk"
include: "rules/containers.smk"
include: "rules/humans.smk"
include: "rules/backstories.smk"
include: "rules/duplicates.smk"
include: "rules/perplexity.smk"
include: "rules/traits.smk"
include: "rules/matches.smk"
include: "rules/personas.smk"
include: "rules/responses.smk"
include: "rules/metrics.smk"
include: "rules/metrics_full.smk"
include: "rules/comparisons.smk"
include: "rules/subgroups.smk"
include: "rules/exports.smk"
include: "rules/explorer.smk"
include: "rules/individuals.smk"
include: "rules/items.smk"
include: "rules/figures.smk"
include: "rules/report.smk"
include: "rules/reproduction.smk"
include: "rules/record.smk"
include: "rules/plan.smk"
include: "rules/cluster.smk"


rule all:
    """Make the tables of all surveys, and the perplexity of the natural backstories they use."""
    default_target: True
    input:
        "results/summary.csv",
        experiment.perplexities,
