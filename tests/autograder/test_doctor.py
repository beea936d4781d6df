"""The doctor finds what is amiss, says what to do about it, and is never ill itself."""

import json
import shutil
import subprocess
import sys

import pytest

from autograder import __main__, doctor, examination
from autograder.examination import FAULT, NOTE, OK, Line
from lib.files import write_whole


def lines(check):
    return doctor.examined([check])


@pytest.fixture
def root(monkeypatch, tmp_path):
    """A project in place of ours, with what the doctor reads of it."""
    for name in ("constraints.txt", "pyproject.toml", "start.py"):
        shutil.copy(examination.ROOT / name, tmp_path / name)
    monkeypatch.setattr(examination, "ROOT", tmp_path)
    return tmp_path


def fault(check, words):
    """The one fault that a check finds; it has these words, and a remedy."""
    (line,) = [line for line in lines(check) if line.level == FAULT]
    assert words in line.found
    assert line.remedy
    return line


# ---- what is well -------------------------------------------------------------------------------------------------


def test_this_machine_has_no_fault_and_the_data_are_what_the_report_says(capsys):
    assert __main__.main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert __main__.main(["doctor", "--json"]) == 0
    data = [Line(**one) for one in json.loads(capsys.readouterr().out)]
    assert {line.level for line in data} <= {OK, NOTE}
    assert told.splitlines()[-1] == "No fault was found."
    for line in data:
        assert line.subject in told
    subjects = [line.subject for line in data]
    assert {"Python", "packages", "PyTorch", "JupyterLab", "kernel", "resnet10", "sandbox", "progress"} <= set(subjects)
    assert "tried at the start: files" in " ".join(line.found for line in data)


def test_doctor_needs_the_standard_library_alone_until_it_looks():
    asked = "import sys; from autograder import doctor; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    bare = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(examination.ROOT)!r}); {asked}"]
    done = subprocess.run(bare, capture_output=True, text=True, check=True)
    assert {"torch", "numpy", "jupyterlab", "nbgrader"}.isdisjoint(done.stdout.split())


def test_without_any_package_each_is_told_and_nothing_is_a_traceback():
    start = f"import sys; sys.path.insert(0, {str(examination.ROOT)!r}); from autograder.__main__ import main"
    bare = [sys.executable, "-I", "-S", "-c", f"{start}; sys.exit(main(['doctor']))"]
    done = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr == ""
    assert "FAULT  packages" in done.stdout and "not installed: fonttools," in done.stdout
    assert "No module named 'torch'" in done.stdout
    assert "python3 start.py" in done.stdout


# ---- what is not --------------------------------------------------------------------------------------------------


def test_python_that_is_too_new_is_a_fault(monkeypatch):
    own = examination._start()
    monkeypatch.setitem(sys.modules, "start", own)
    monkeypatch.setattr(own, "python_problem", lambda: "The course needs another Python: install it.")
    (line,) = lines(examination.python)
    assert line.level == FAULT and "install" in line.remedy


def test_little_memory_and_little_disk_are_faults(monkeypatch):
    monkeypatch.setattr(examination, "_free_memory", lambda: 3 * 10**8)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 4 * 10**8))
    assert "close other programs" in fault(examination.memory, "0.3 GB free").remedy
    assert "Free 1 GB" in fault(examination.disk, "0.4 GB free").remedy


def test_another_version_and_a_missing_package_are_faults(root):
    pins = (root / "constraints.txt").read_text().replace("pillow==", "pillow==0.")
    write_whole(root / "constraints.txt", pins + "nothing-of-the-kind==1.0\n")
    project = (root / "pyproject.toml").read_text()
    write_whole(root / "pyproject.toml", project.replace('"pillow",', '"pillow",\n    "nothing_of.the-kind",'))
    found = [line for line in lines(examination.packages) if line.level == FAULT]
    assert [line.found.split(":")[0] for line in found] == ["not installed", "of another version"]
    assert found[0].found == "not installed: nothing-of-the-kind"
    assert "pillow" in found[1].found and "is pinned" in found[1].found
    assert all("python3 start.py" in line.remedy for line in found)


def test_a_torch_that_does_not_import_is_a_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "torch" in fault(examination.pytorch, "ModuleNotFoundError").found


def test_a_device_that_is_not_there_is_a_fault(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cuda:7")
    assert "COURSE_DEVICE" in fault(examination.pytorch, "cuda:7").remedy


def test_a_kernel_of_another_python_is_a_fault_and_its_place_is_told(monkeypatch, tmp_path):
    folder = tmp_path / "kernels" / "python3"
    spec = {"argv": ["/another/bin/python", "-m", "ipykernel_launcher"], "display_name": "x", "language": "python"}
    write_whole(folder / "kernel.json", json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert str(folder) in fault(examination.jupyterlab, "/another/bin/python").remedy


def test_extensions_that_are_missing_are_faults(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    found = [line.subject for line in lines(examination.jupyterlab) if line.level == FAULT]
    assert found == ["@jupyter/nbgrader", "@jupyter-widgets/jupyterlab-manager"]


def test_weights_that_are_damaged_or_missing_are_faults(monkeypatch, tmp_path):
    from lib import backbones

    for file in backbones.WEIGHTS.iterdir():
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(backbones, "WEIGHTS", tmp_path)
    with open(tmp_path / "convnext_mini.safetensors", "r+b") as file:
        file.seek(10_000)
        file.write(b"damage")
    assert "git checkout" in fault(examination.weights, "convnext_mini.safetensors is damaged: SHA-256").remedy
    (tmp_path / "convnext_mini.safetensors").unlink()
    assert "git checkout" in fault(examination.weights, "is missing").remedy


def test_no_walls_are_a_note_with_the_ways_out_and_walls_that_leak_a_fault(monkeypatch):
    from autograder.sandbox import isolation

    def leaks(worker):
        raise RuntimeError("the sandbox does not hold here; what got through: network")

    monkeypatch.setattr(isolation, "tried", leaks)
    assert "another machine" in fault(examination.sandbox, "what got through: network").remedy
    monkeypatch.setenv("PATH", "/nowhere")
    (line,) = lines(examination.sandbox)
    assert line.level == NOTE and "apt-get install bubblewrap" in line.remedy


@pytest.mark.parametrize(
    ("content", "level", "words"),
    [
        (None, NOTE, "nothing solved yet"),
        ('{"freeze": {"points": 4, "solved": true, "tries": []}}', OK, "1 exercises solved"),
        ("{", FAULT, "is damaged"),
    ],
)
def test_progress_is_read(root, content, level, words):
    if content is not None:
        write_whole(root / "work" / ".progress.json", content)
    (line,) = lines(examination.progress)
    assert line.level == level and words in line.found
    assert bool(line.remedy) == (level == FAULT)


def test_network_is_asked_only_if_wished_for(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(doctor, "CHECKS", ())
    monkeypatch.setattr(examination, "network", lambda: asked.append(1) or [Line("network", "answers")])
    assert __main__.main(["doctor"]) == 0 and asked == []
    assert __main__.main(["doctor", "--network"]) == 0 and asked == [1]


def test_network_tells_which_server_answers_and_which_does_not(monkeypatch, tmp_path):
    from lib import downloads

    (tmp_path / "weights.pth").write_bytes(b"x")
    there, away = (tmp_path / "weights.pth").as_uri(), "http://127.0.0.1:9/weights.pth"
    monkeypatch.setattr(downloads, "addresses", lambda place, published: [there, away])
    answers, silent = lines(examination.network)
    assert answers.level == OK and answers.found == f"{there} answers"
    assert silent.level == FAULT and away in silent.found and "HTTPS_PROXY" in silent.remedy


# ---- the report ---------------------------------------------------------------------------------------------------


def test_a_check_that_breaks_is_a_fault_of_its_own_and_the_others_are_made():
    def kernel():
        yield Line("kernel", "half a check")
        raise OSError("no\n such device")

    found = doctor.examined([kernel, examination.python])
    assert Line("kernel", "OSError: no such device", FAULT, examination.AGAIN) in found
    assert found[-1].subject == "Python"


def test_report_puts_the_remedy_under_its_fault_and_counts(capsys, monkeypatch):
    bad = Line("disk", "full", FAULT, "Free some.")
    assert doctor.report([bad, Line("Python", "3.13")]).splitlines() == [
        "FAULT  disk    full",
        "               Free some.",
        "ok     Python  3.13",
        "",
        "1 fault was found.",
    ]
    assert doctor.report([bad, bad]).endswith("\n2 faults were found.")
    monkeypatch.setattr(doctor, "CHECKS", [lambda: [bad]])
    assert __main__.main(["doctor"]) == 1


def test_report_fits_a_terminal():
    told = doctor.report([Line("sandbox", "word " * 60, FAULT, "remedy " * 50), Line("a", "")])
    assert max(map(len, told.splitlines())) <= 120


def test_every_command_says_what_it_is(capsys):
    for name in __main__.COMMANDS:
        with pytest.raises(SystemExit, match="0"):
            __main__.main([name, "--help"])
        assert f"autograder {name}" in capsys.readouterr().out
