"""
Elsewhere: what jobs need to know that run in a container image, or without this machine's files.

  snakemake --software-deployment-method apptainer     in anthology.sif, or ANTHOLOGY_IMAGE
"""

from anthology.cluster.containers import (
    BUILT,
    CODE,
    check_image,
    image,
    promise_code,
    show_folders,
)

in_containers = any(
    method.name == "APPTAINER"
    for method in getattr(workflow.deployment_settings, "deployment_method", ())
)
# Snakemake wants one wherever jobs and this machine share no files.
in_storage = bool(getattr(workflow.storage_settings, "default_storage_provider", None))


# Snakemake takes no image with a space in its path, even where it is to use none.
container: image(Path(workflow.basedir)) if in_containers else BUILT


if workflow.is_main_process and (in_containers or in_storage):
    promise_code()
    if in_containers:
        try:
            check_image(image(Path(workflow.basedir)))
        except AnthologyError as error:
            sys.exit(f"error: {error}")
        show_folders(
            [
                Path(workflow.basedir),
                *(Path(file).parent for file in experiment.own_files),
            ]
        )
    if in_storage:

        envvars:
            CODE,
