"""
Record: a run of the study in one file, an RO-Crate for a paper's supplement.

Needs   results/summary.csv, the tables of all surveys, and the records beside them and beside
        all that they were made from (.made/)
Makes   results/record.zip
"""


rule record:
    """Put tables, configuration and what made them into one archive, and nobody's answers."""
    input:
        summary="results/summary.csv",
        tables=expand(
            "results/{survey}/{table}.csv",
            survey=experiment.surveys,
            table=["metrics", "answers"],
        ),
        workflow=[
            workflow.main_snakefile,
            *sorted(map(str, Path(workflow.basedir, "rules").glob("*.smk"))),
        ],
    output:
        "results/record.zip",
    log:
        "logs/record.log",
    params:
        **experiment.settings("record"),
    shell:
        "anthology record --settings {params:q} --summary {input.summary:q}"
        " --tables {input.tables:q} --workflow {input.workflow:q} --output {output:q} 2> {log:q}"
