"""
Containers: what a job needs that runs in a container image, or without this machine's files.

  snakemake --software-deployment-method apptainer     in anthology.sif, or ANTHOLOGY_IMAGE
"""

from anthology.cluster.containers import (
    CODE_VARIABLE,
    DEFAULT_IMAGE,
    bind_folders,
    check_image,
    find_image,
    record_code_hash,
)

in_containers = any(
    method.name == "APPTAINER"
    for method in getattr(workflow.deployment_settings, "deployment_method", ())
)
# Snakemake wants one wherever jobs and this machine share no files.
in_storage = bool(getattr(workflow.storage_settings, "default_storage_provider", None))


# Snakemake takes no image with a space in its path, even where it is to use none.
container: find_image(Path(workflow.basedir)) if in_containers else DEFAULT_IMAGE


if workflow.is_main_process and (in_containers or in_storage):
    record_code_hash()
    if in_containers:
        try:
            check_image(find_image(Path(workflow.basedir)))
        except AnthologyError as error:
            sys.exit(f"error: {error}")
        bind_folders(
            [
                Path(workflow.basedir),
                *(Path(file).parent for file in experiment.own_files),
            ]
        )
    if in_storage:

        envvars:
            CODE_VARIABLE,
