"""
Report: all figures and tables with their captions, as one page that needs no network.

Needs   the figures, tables and explorers of all surveys
Makes   results/report.html

  snakemake results/report.html          the figures and tables of all surveys, and this page
"""


report: "captions/study.rst"


rule report:
    """Put all figures and tables on one page, by Snakemake's own report of what made them."""
    input:
        shown=[
            "results/summary.csv",
            *expand(
                "results/{survey}/{file}",
                survey=experiment.surveys,
                file=[
                    "figures/items.svg",
                    "metrics_full.csv",
                    "comparisons.csv",
                    "subgroups.csv",
                    "individuals.csv",
                ],
            ),
        ],
        captions=sorted(
            map(str, Path(workflow.basedir, "rules/captions").rglob("*.rst"))
        ),
        # Linked to, not taken in: a page of single people is not for everybody who gets a report.
        linked=expand("results/{survey}/explorer.html", survey=experiment.surveys),
        style=f"{workflow.basedir}/rules/captions/report.css",
    output:
        "results/report.html",
    log:
        "logs/report.log",
    params:
        snakefile=workflow.main_snakefile,
        configured=experiment.configured,
        # What is shown is decided by the surveys, and the set of inputs alone makes nothing stale.
        surveys=experiment.surveys,
    # The lock is this run's own; the inner one makes nothing and only reads what was made.
    shell:
        "snakemake {input.shown:q} --report {output:q} --report-stylesheet {input.style:q}"
        " --snakefile {params.snakefile:q} --nolock --cores 1 {params.configured:q} 2> {log:q}"
