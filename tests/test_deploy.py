"""What deploy/ says, held to what it says it to: Kubernetes' own schemas, sbatch's options, and our own command line.

No cluster is there. The batch scripts run for real; the manifests are validated, and their arguments parsed.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from autograder import collect, grade
from autograder.sandbox import prison
from autograder.sandbox.confinement import MEMORY

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
LESSON = "03_feature_extraction_vs_fine_tuning"
GIBIBYTE = 2**30
# What a shard may take at once: a learner's code up to its limit, files in memory, and the processes of the grader's.
NEEDED = MEMORY + prison._SPACE + prison._SHARED + 3 * GIBIBYTE // 2


# ---- Kubernetes ----------------------------------------------------------------------------------------------------


def documents(name: str) -> list[dict]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text(encoding="utf-8")))


JOB, POLICY = documents("grade-job.yaml")
[COLLECTOR] = documents("collect-job.yaml")
JOBS = {"grade": JOB, "collect": COLLECTOR}


def pod(job: dict) -> dict:
    return job["spec"]["template"]["spec"]


def mounts(job: dict) -> dict[str, dict]:
    """What is mounted, by where: the mount's own options and the volume's."""
    volumes = {volume["name"]: volume for volume in pod(job)["volumes"]}
    return {mount["mountPath"]: volumes[mount["name"]] | mount for mount in pod(job)["containers"][0]["volumeMounts"]}


def parsed(job: dict, index: int = 0) -> argparse.Namespace:
    """The container's arguments as our own command line takes them, with the variables put in as a kubelet does."""
    [container] = pod(job)["containers"]
    names = {one["name"]: str(index) for one in container.get("env", [])}
    words = [re.sub(r"\$\((\w+)\)", lambda found: names[found[1]], word) for word in container["args"]]
    module = {"grade": grade, "collect": collect}[words[0]]
    parser = argparse.ArgumentParser(exit_on_error=False)
    module.add_arguments(parser)
    return parser.parse_args(words[1:])


@pytest.mark.parametrize("version", ["1.31", "1.33", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("document", [JOB, POLICY, COLLECTOR], ids=["grade", "network policy", "collect"])
def test_manifest_is_what_kubernetes_takes(document, version):
    kubernetes_validate.validate(document, version, strict=True)


def test_manifest_with_a_word_that_kubernetes_does_not_know_is_seen():
    wrong = json.loads(json.dumps(JOB).replace("backoffLimitPerIndex", "backOffLimitPerIndex"))
    with pytest.raises(kubernetes_validate.ValidationError, match="backOffLimitPerIndex"):
        kubernetes_validate.validate(wrong, "1.33", strict=True)


def test_job_grades_each_shard_once():
    spec = JOB["spec"]
    assert spec["completionMode"] == "Indexed"
    shards = [parsed(JOB, index).shard for index in range(spec["completions"])]
    assert shards == [(index, spec["completions"]) for index in range(spec["completions"])]
    [variable] = pod(JOB)["containers"][0]["env"]
    annotation = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
    assert variable["valueFrom"]["fieldRef"]["fieldPath"] == annotation


def test_job_sees_a_shard_that_fails():
    """A status of 2 ends the index, any other is tried again, and many that fail end the Job."""
    spec = JOB["spec"]
    assert spec["backoffLimitPerIndex"] >= 1 and 0 < spec["maxFailedIndexes"] < spec["completions"]
    assert pod(JOB)["restartPolicy"] == "Never"
    taken_away, cannot = spec["podFailurePolicy"]["rules"]
    assert taken_away == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    assert cannot["action"] == "FailIndex" and cannot["onExitCodes"]["values"] == [2]
    assert cannot["onExitCodes"]["containerName"] == pod(JOB)["containers"][0]["name"]


def test_job_reads_and_writes_where_something_is_mounted():
    own, mounted = parsed(JOB), mounts(JOB)
    assert mounted[str(own.submitted)]["readOnly"] and mounted[str(own.submitted)]["persistentVolumeClaim"]["readOnly"]
    assert mounted[str(own.secret.parent)]["readOnly"] and "secret" in mounted[str(own.secret.parent)]
    assert not mounted[str(own.out)].get("readOnly")
    assert [where for where, mount in mounted.items() if not mount.get("readOnly")] == [str(own.out), "/tmp"]
    assert not own.unsandboxed and own.workers == 1


def test_collector_reads_what_the_job_writes():
    own, mounted = parsed(COLLECTOR), mounts(COLLECTOR)
    claim = mounts(JOB)[str(parsed(JOB).out)]["persistentVolumeClaim"]["claimName"]
    assert [mounted[str(shard)]["persistentVolumeClaim"]["claimName"] for shard in own.shards] == [claim]
    assert mounted[str(own.submitted)]["readOnly"] and not mounted[str(own.out)].get("readOnly")
    assert not [mount for mount in mounted.values() if "secret" in mount]


@pytest.mark.parametrize("name", JOBS)
def test_pod_may_do_nothing_that_it_does_not_need(name):
    """Pod Security's level `restricted`, and more."""
    own = pod(JOBS[name])
    [container] = own["containers"]
    assert own["automountServiceAccountToken"] is False and "serviceAccountName" not in own
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(own)
    assert own["securityContext"]["runAsNonRoot"] is True and own["securityContext"]["runAsUser"] > 0
    assert own["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "privileged": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} <= set(container["resources"]["limits"])
    assert {next(iter(set(v) - {"name"})) for v in own["volumes"]} <= {"persistentVolumeClaim", "secret", "emptyDir"}


def test_learners_code_runs_under_gvisor_and_without_a_network():
    assert pod(JOB)["runtimeClassName"] == "gvisor"
    chosen = POLICY["spec"]["podSelector"]["matchLabels"]
    for job in JOBS.values():
        assert chosen.items() <= job["spec"]["template"]["metadata"]["labels"].items()
    assert sorted(POLICY["spec"]["policyTypes"]) == ["Egress", "Ingress"]
    assert POLICY["spec"]["ingress"] == POLICY["spec"]["egress"] == []


def test_shard_has_the_memory_that_its_walls_allow():
    memory = pod(JOB)["containers"][0]["resources"]["limits"]["memory"]
    assert int(memory.removesuffix("Gi")) * GIBIBYTE >= NEEDED
    assert int(options(SCRIPTS["grade"])["mem"].removesuffix("G")) * GIBIBYTE >= NEEDED


# ---- Slurm ---------------------------------------------------------------------------------------------------------

SCRIPTS = {name: DEPLOY / "slurm" / f"{name}.sbatch" for name in ("grade", "collect")}
# Those of sbatch's options that are used, and how their values look: sbatch(1). "" is an option without a value.
SBATCH = {
    "job-name": r"[\w-]+",
    "array": r"0-[1-9]\d*(%\d+)?",
    "ntasks": r"1",
    "cpus-per-task": r"1",
    "mem": r"[1-9]\d*[KMGT]",
    "time": r"(\d+-)?\d\d:\d\d:\d\d",
    "requeue": r"",
    "open-mode": r"append|truncate",
    "output": r"[\w-]+%(A_%a|j)\.log",
}


def options(script: Path) -> dict[str, str]:
    """As sbatch reads them: up to the first line that is no comment."""
    found = {}
    for line in script.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            break
        if line.startswith("#SBATCH "):
            name, _, value = line.removeprefix("#SBATCH --").partition("=")
            found[name] = value
    return found


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_has_options_that_sbatch_takes(name):
    found = options(SCRIPTS[name])
    assert len(found) == SCRIPTS[name].read_text(encoding="utf-8").count("\n#SBATCH --") >= 7
    assert {one: value for one, value in found.items() if not re.fullmatch(SBATCH.get(one, "(?!)"), value)} == {}
    assert found["open-mode"] == "append" and "requeue" in found  # a task that starts again goes on, its log too


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_is_read_by_bash(name):
    assert subprocess.run(["bash", "-n", SCRIPTS[name]], check=True, capture_output=True, text=True).stderr == ""


def submit(name: str, folder: Path, python: Path, *words: str, **slurm: object) -> subprocess.CompletedProcess:
    """Run a copy of the script elsewhere, as a node does, with the variables that Slurm sets."""
    spool = folder / "slurm_script"
    shutil.copyfile(SCRIPTS[name], spool)
    variables = {f"SLURM_{key.upper()}": str(value) for key, value in slurm.items()}
    environment = os.environ | {"PYTHON": str(python), "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        ["bash", spool, *words], env=environment, capture_output=True, text=True, check=False, cwd="/"
    )


def task(index: int, of: int, first: int = 0) -> dict[str, int]:
    """An array's variables, for one of its tasks."""
    return {
        "array_task_id": index,
        "array_task_min": first,
        "array_task_max": of - 1,
        "array_task_count": of - first,
    }


@pytest.fixture
def echo(tmp_path):
    """In place of Python: says where it stands, and a word a line."""
    stub = tmp_path / "echo"
    stub.write_text('#!/bin/bash\npwd\nprintf "%s\\n" "$OMP_NUM_THREADS" "$@"\nexit 7\n')
    stub.chmod(0o755)
    return stub


def test_grade_script_grades_its_shard_and_ends_as_that_does(tmp_path, echo):
    done = submit("grade", tmp_path, echo, "the class", "out", "secret", submit_dir=tmp_path, **task(3, 16))
    assert done.returncode == 7
    where, threads, *words = done.stdout.splitlines()
    assert (where, threads, words[:3]) == (str(tmp_path), "1", ["-m", "autograder", "grade"])
    parser = argparse.ArgumentParser(exit_on_error=False)
    grade.add_arguments(parser)
    own = parser.parse_args(words[3:])
    assert own.shard == (3, 16) and own.submitted == Path("the class") and own.out == Path("out")
    assert own.secret == Path("secret") and own.workers == 1


@pytest.mark.parametrize(
    ("words", "slurm", "sentence"),
    [
        (["a", "b"], task(0, 4), "got 2 words"),
        (["a", "b", "c"], {}, "whole array"),
        (["a", "b", "c"], task(3, 4, first=3), "whole array"),
        (["a", "b", "c"], task(2, 8) | {"array_task_count": 4}, "whole array"),
    ],
)
def test_grade_script_runs_as_a_whole_array_alone(words, slurm, sentence, tmp_path, echo):
    done = submit("grade", tmp_path, echo, *words, submit_dir=tmp_path, **slurm)
    assert done.returncode == 2 and sentence in done.stderr and not done.stdout


@pytest.fixture
def handed_in(tmp_path):
    """Two who handed in a folder without a notebook, and a secret."""
    for student in ("ada", "max"):
        (tmp_path / "class" / student / LESSON).mkdir(parents=True)
    (tmp_path / "secret").write_bytes(bytes(32))
    return tmp_path


@pytest.mark.slow
def test_scripts_grade_and_collect_a_class(handed_in):
    """With the lessons as they are, in one folder of verdicts; the first collector comes too early."""
    (handed_in / "solutions").symlink_to(ROOT / "solutions")
    words, python = ("class", "verdicts", "secret"), Path(sys.executable)
    results = []
    for index in range(2):
        done = submit("grade", handed_in, python, *words, submit_dir=handed_in, **task(index, 2))
        assert (done.returncode, done.stderr) == (0, "")
        results.append(submit("collect", handed_in, python, "class", "verdicts", "results", submit_dir=handed_in))
    assert [result.returncode for result in results] == [1, 0]
    assert f"no verdict yet on max · {LESSON}: run" in results[0].stderr and not results[1].stderr
    rows = (handed_in / "results" / "grades.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["student", "ada", "max"]


# ---- the image -----------------------------------------------------------------------------------------------------


def instructions() -> list[list[str]]:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def test_image_runs_as_the_pod_does():
    found = {name: rest for name, *rest in instructions()}
    user = pod(JOB)["securityContext"]
    assert found["USER"] == [f"{user['runAsUser']}:{user['runAsGroup']}"]
    assert json.loads(" ".join(found["ENTRYPOINT"])) == ["python", "-m", "autograder"]
    installed = " ".join(word for name, *rest in instructions() if name == "RUN" for word in rest)
    assert "bubblewrap" in installed and "-c constraints.txt" in installed
    assert f"--uid {user['runAsUser']}" in installed


@pytest.mark.slow
def test_image_holds_all_that_grading_needs(handed_in):
    """The files that it copies, alone, as the user that nobody is, may grade and collect."""
    course = handed_in / "course"
    for name, *rest in instructions():
        for source in rest[:-1] if name == "COPY" else []:
            tracked = subprocess.run(["git", "ls-files", "-z", source], cwd=ROOT, check=True, capture_output=True)
            assert tracked.stdout, f"{source} is not in the repository"
            for file in filter(None, tracked.stdout.decode().split("\0")):
                (course / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / file, course / file)
    environment = os.environ | {"PYTHONPATH": str(course), "PYTHONDONTWRITEBYTECODE": "1"}
    for words in (
        ["grade", "class", "--out", "verdicts", "--secret", "secret", "--shard", "0/1", "--workers", "1"],
        ["collect", "verdicts", "--out", "results", "--submitted", "class"],
    ):
        command = [sys.executable, "-P", "-m", "autograder", *words]
        done = subprocess.run(command, cwd=handed_in, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert "sandboxed by bubblewrap" in (handed_in / "results" / "grades.csv").read_text()
