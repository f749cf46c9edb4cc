"""Jobs as pods that share no files: Kubernetes, storage, and a volume for the journal."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from anthology.journal.prune import overview
from tests.conftest import Finished, Project, merge
from tests.support.fake_kubernetes import Kubernetes, as_process, kubernetes
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import serving
from tests.support.served_study import ALL, KEY, VARIABLE, declare

pytestmark = [
    pytest.mark.skipif(
        find_spec("snakemake_executor_plugin_kubernetes") is None
        or find_spec("snakemake_storage_plugin_fs") is None,
        reason="needs Snakemake's plugins for Kubernetes and for storage in a folder",
    ),
    pytest.mark.skipif(
        shutil.which("rsync") is None or shutil.which("git") is None,
        reason="needs rsync, by which the storage plugin copies, and git, by which sources travel",
    ),
]
ANSWERS = "results/w34/responses/toy/bio.parquet"


@pytest.fixture
def study(fresh: Project) -> Project:
    """A small study under version control, whose files are what a pod gets."""
    fresh.configure(lambda config: merge(config, {**ALL, "compare": ["bio"], "population": 8}))
    declare(fresh, "http://127.0.0.1:9/v1")
    for command in (["init", "-q"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=fresh.path, check=True)
    return fresh


def run(study: Project, cluster: Kubernetes, *arguments: str) -> Finished:
    """Have a study's answers made by pods."""
    tools = Path(sys.executable).parent
    done = subprocess.run(
        [
            *(tools / "snakemake", ANSWERS, "--executor", "kubernetes", "--jobs", "2"),
            *("--default-storage-provider", "fs"),
            *("--default-storage-prefix", str(cluster.folder / "storage")),
            *("--kubernetes-persistent-volumes", "journal:/workdir/cache"),
            *("--seconds-between-status-checks", "1", *arguments),
        ],
        cwd=study.path,
        env={
            **os.environ,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(study.path),
            "KUBECONFIG": str(cluster.folder / "config"),
            VARIABLE: KEY,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(done.returncode, done.stdout + done.stderr)


def test_what_a_pod_was_answered_outlives_it_and_its_results(
    study: Project, tmp_path: Path
) -> None:
    cluster_folder, journal = tmp_path / "cluster", tmp_path / "volume"
    journal.mkdir()
    made = cluster_folder / "storage" / ANSWERS
    with (
        serving(Serving(key=KEY)) as server,
        kubernetes(cluster_folder, as_process, {"journal": journal}) as cluster,
    ):
        declare(study, server.url)
        first = run(study, cluster, "--envvars", VARIABLE)
        assert first.status == 0, first.text
        content, asked = made.read_bytes(), sum(server.counts.answered.values())
        made.unlink()
        again = run(study, cluster, "--envvars", VARIABLE)
        assert again.status == 0, again.text
        assert sum(server.counts.answered.values()) == asked > 0
        assert made.read_bytes() == content
    assert overview(journal / "journal").total().entries.total() == asked
    assert not (study.path / ANSWERS).exists()


def test_a_pod_gets_the_keys_that_are_named_as_secrets_that_are_gone_after(
    study: Project, tmp_path: Path
) -> None:
    with kubernetes(tmp_path / "cluster", as_process, {"journal": tmp_path}) as cluster:
        run(study, cluster, "--envvars", VARIABLE)
        pods = [*cluster.pods.values()]
        assert [pod.environment[VARIABLE] for pod in pods] == [KEY] * len(pods) != []
        assert not any(KEY in str(pod.spec) for pod in pods)
        assert cluster.secrets == {}


def test_a_pod_asks_for_what_the_models_file_says(study: Project, tmp_path: Path) -> None:
    job = {"mem_mb": 64000, "gpu": 1, "gpu_manufacturer": "nvidia", "machine_type": "big"}
    declare(study, "http://127.0.0.1:9/v1", job=job)
    with kubernetes(tmp_path / "cluster", as_process, {"journal": tmp_path}) as cluster:
        run(study, cluster, "--envvars", VARIABLE)
        (pod,) = cluster.pods.values()
    assert pod.spec["nodeSelector"] == {"node.kubernetes.io/instance-type": "big"}
    wanted = pod.spec["containers"][0]["resources"]["requests"]
    assert wanted["memory"] == "64000M"
    assert wanted["nvidia.com/gpu"] == "1"


def test_a_pod_with_another_version_of_the_code_makes_nothing(
    study: Project, tmp_path: Path
) -> None:
    cluster_folder = tmp_path / "cluster"
    other = tmp_path / "other"
    shutil.copytree(study.path / "anthology", other / "anthology")
    (other / "anthology/interview/answers.py").open("a").write("\n# newer\n")

    with kubernetes(
        cluster_folder,
        lambda pod: as_process(pod, PYTHONPATH=str(other)),
        {"journal": tmp_path},
    ) as cluster:
        done = run(study, cluster, "--envvars", VARIABLE)
    assert done.status != 0
    (log,) = (cluster_folder / "storage/logs/w34/responses").rglob("bio.log")
    assert "the job's anthology is not the one that started the workflow" in log.read_text()
    assert not (cluster_folder / "storage" / ANSWERS).exists()
