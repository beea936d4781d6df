"""start.py: what it says when something is wrong, what it remembers, and what it never overwrites."""

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

SOURCE = Path(__file__).parents[1] / "start.py"


@pytest.fixture
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(start, tmp_path, monkeypatch) -> Path:
    """A project folder with pins and an environment folder, in place of ours."""
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "constraints.txt").write_text("x==1\n")
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(start, "ROOT", tmp_path)
    return tmp_path


def finish(start, environment: Path, extras=()) -> None:
    stamp = {"fingerprint": start.fingerprint(environment), "extras": extras}
    start.stamp_of(environment).write_text(json.dumps(stamp))


def lesson(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    notebook = folder / f"{folder.name}.ipynb"
    notebook.write_text(text)
    return notebook


# An old Python must be able to read the file far enough to say what is wrong.


def test_source_parses_under_python_3_7():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 7))
    assert {"main", "python_problem"} <= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_source_imports_the_standard_library_and_a_page_that_needs_no_more():
    tree = ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8")))
    imported = [[alias.name for alias in n.names] if isinstance(n, ast.Import) else [n.module]
                for n in tree if isinstance(n, ast.Import | ast.ImportFrom)]  # fmt: skip
    assert {name.split(".")[0] for names in imported for name in names} - sys.stdlib_module_names == {"autograder"}
    bare = [sys.executable, "-E", "-s", "-S", str(SOURCE), "--help"]  # no installed package in sight
    assert subprocess.run(bare, capture_output=True, text=True, check=True).stderr == ""


def test_source_checks_the_version_before_anything_an_old_python_cannot_define():
    """Up to the check, no annotation or default may need more than Python 3.7: a name, a quoted text, a slice."""
    body = ast.parse(SOURCE.read_text(encoding="utf-8")).body
    before = body[: next(i for i, node in enumerate(body) if isinstance(node, ast.If))]
    functions = [node for node in before if isinstance(node, ast.FunctionDef)]
    annotations = [n for f in functions for n in (f.returns, *(a.annotation for a in f.args.args)) if n is not None]
    assert [f.name for f in functions] == ["python_problem"]
    assert all(isinstance(annotation, ast.Constant | ast.Name) for annotation in annotations)


@pytest.mark.parametrize("version", [(3, 7), (3, 10), (3, 15)])
def test_python_problem_names_what_is_needed_and_what_is_there(start, version):
    sentence = start.python_problem(version)
    assert "needs Python 3.11 to 3.14" in sentence and f"this is Python 3.{version[1]}:" in sentence


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
def test_python_problem_is_silent_for_supported_versions(start, version):
    assert start.python_problem(version) == ""


# Commands


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(SOURCE), *arguments], capture_output=True, text=True, check=False)


def test_main_unknown_command_lists_the_commands_in_one_line():
    answer = run("lob")
    assert answer.returncode == 1 and answer.stdout == ""
    assert answer.stderr == "start.py: There is no command `lob`. The commands are: lab, update, test, website.\n"


def test_main_help_prints_both_commands():
    answer = run("--help")
    assert answer.returncode == 0 and answer.stderr == ""
    assert "python3 start.py lab" in answer.stdout and "python3 start.py test" in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], []), (["lab"], []), (["--no-browser"], ["--no-browser"]), (["lab", "--port", "8899"], ["--port", "8899"])],
)
def test_main_passes_options_through_to_the_lab(start, monkeypatch, arguments, expected):
    seen = []
    monkeypatch.setattr(start, "lab", lambda rest: seen.append(rest) or 0)
    assert start.main(arguments) == 0 and seen == [expected]


def test_main_interrupted_says_so_without_a_traceback(start, monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "lab", interrupted)
    assert start.main([]) == 130
    assert capsys.readouterr().err == "\nstart.py: Stopped. The same command goes on from here.\n"


def test_test_refuses_an_unknown_option(start, capsys):
    assert start.main(["test", "--fast"]) == 1
    assert "does not know --fast" in capsys.readouterr().err


def test_lab_listens_on_this_machine_and_opens_the_learners_copy(start, project, monkeypatch):
    seen = {}
    monkeypatch.setattr(start, "set_up", lambda extras: project / ".venv")
    monkeypatch.setattr(start, "hand_over", lambda command, folder, _: seen.update(command=command, folder=folder) or 0)
    assert start.lab(["--port", "8899"]) == 0
    work = project / "work"
    assert seen["command"][1:5] == ["-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={work}"]
    assert seen["command"][-3:] == ["--LabApp.default_url=/lab/tree/welcome.md", "--port", "8899"]
    assert "exercises" in (work / "welcome.md").read_text("utf-8")
    assert seen["folder"] == work
    page = json.loads((project / ".venv/etc/jupyter/labconfig/page_config.json").read_text())
    assert page["disabledExtensions"]["@jupyterlab/apputils-extension:announcements"] is True


# The installation and its stamp


@pytest.mark.parametrize(
    ("extras_there", "extras_wanted", "needed"),
    [((), (), False), (("test",), (), False), (("test",), ("test",), False), ((), ("test",), True)],
)
def test_install_needed_follows_the_extras_in_the_stamp(start, project, extras_there, extras_wanted, needed):
    finish(start, project / ".venv", extras_there)
    assert start.install_needed(project / ".venv", extras_wanted) is needed


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_install_needed_when_the_pins_change(start, project, name):
    stamp = {"fingerprint": start.fingerprint(project / ".venv", project), "extras": []}
    start.stamp_of(project / ".venv").write_text(json.dumps(stamp))
    assert start.fingerprint(project / ".venv", project) == stamp["fingerprint"]
    (project / name).write_text("changed")
    assert start.fingerprint(project / ".venv", project) != stamp["fingerprint"]


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"fingerprint": "of something else", "extras": []}'])
def test_install_needed_when_the_stamp_is_missing_or_no_stamp(start, project, text):
    if text is not None:
        start.stamp_of(project / ".venv").write_text(text)
    assert start.install_needed(project / ".venv", ())


def test_set_up_does_nothing_when_the_stamp_holds(start, project, monkeypatch):
    finish(start, project / ".venv")
    monkeypatch.setattr(start, "install", lambda *_: pytest.fail("installed again"))
    assert start.set_up(()) == project / ".venv"


def test_set_up_remakes_a_half_made_environment_and_stamps_it_last(start, project, monkeypatch):
    steps = []
    monkeypatch.setattr(start, "make", lambda environment: steps.append("make"))
    monkeypatch.setattr(start, "install", lambda environment, _: steps.append(start.stamp_of(environment).exists()))
    start.set_up(("test",))
    assert steps == ["make", False]
    assert not start.install_needed(project / ".venv", ("test",))


def test_set_up_with_another_extra_keeps_what_is_there(start, project, monkeypatch):
    finish(start, project / ".venv", ("test",))
    monkeypatch.setattr(start, "usable", lambda environment: True)
    monkeypatch.setattr(start, "install", lambda environment, _: None)
    start.set_up(("website",))
    assert not start.install_needed(project / ".venv", ("test", "website"))


def test_website_installs_its_tools_and_is_made_by_the_environments_own_python(start, project, monkeypatch):
    told = []
    monkeypatch.setattr(start, "set_up", lambda extras: told.append(extras) or project / ".venv")
    done = SimpleNamespace(returncode=3)
    monkeypatch.setattr(start.subprocess, "run", lambda command, **_: told.append(command) or done)
    assert start.main(["website", "--draft"]) == 3
    python = str(start.python_of(project / ".venv"))
    assert told == [("website",), [python, "-m", "autograder", "website", "--draft"]]


def test_set_up_leaves_no_stamp_when_the_installation_fails(start, project, monkeypatch):
    def fails(*_):
        raise start.ProblemError("no network")

    monkeypatch.setattr(start, "make", lambda environment: None)
    monkeypatch.setattr(start, "install", fails)
    assert start.main(["lab"]) == 1
    assert start.install_needed(project / ".venv", ())


def test_set_up_never_remakes_an_environment_that_is_not_its_own(start, project, monkeypatch):
    conda = project / "conda"
    conda.mkdir()
    monkeypatch.setattr(start, "environment_folder", lambda: conda)
    monkeypatch.setattr(start, "make", lambda environment: pytest.fail("a conda environment was cleared"))
    monkeypatch.setattr(start, "install", lambda *_: None)
    assert start.set_up(()) == conda


def test_half_installed_names_the_package_that_a_killed_pip_left(start, project):
    for name in ("whole-1.dist-info", "half-1.dist-info"):
        (start.packages(project / ".venv") / name).mkdir(parents=True)
    (start.packages(project / ".venv") / "whole-1.dist-info" / "INSTALLER").write_text("pip\n")
    assert start.half_installed(project / ".venv") == ["half-1.dist-info"]
    assert [path.parent.name for path in start.installed(project / ".venv")] == ["whole-1.dist-info"]


def test_usable_tells_an_empty_folder_from_a_working_environment(start, project):
    assert not start.usable(project / ".venv")
    assert start.usable(Path(sys.prefix))


def test_environment_folder_is_conda_only_where_the_course_is_installed(start, tmp_path):
    assert start.environment_folder(str(tmp_path)) == SOURCE.parent / ".venv"
    (tmp_path / "conda-meta").mkdir()
    assert start.environment_folder(str(tmp_path)) == tmp_path


# Sentences


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("WARNING: Retrying (Retry(total=4)) after 'NewConnectionError(...)'", "cannot be reached"),
        ("socket.gaierror: [Errno -3] Temporary failure in name resolution", "cannot be reached"),
        ("ssl.SSLError: CERTIFICATE_VERIFY_FAILED, Max retries exceeded", "certificate"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "cache purge"),
        ("PermissionError: [WinError 5] Access is denied: 'torch.dll'", "close JupyterLab"),
        ("PermissionError: [Errno 13] Permission denied: '/opt/course/.venv'", "may not be written"),
        ("ERROR: No matching distribution found for torch==2.14.0", "PyTorch has no build for this machine"),
    ],
)
def test_explain_says_in_a_sentence_what_happened_and_how_to_go_on(start, output, words):
    sentence = start.explain(f"Collecting torch\n{output}\n")
    assert words in sentence and "\n" not in sentence


def test_explain_shows_the_last_lines_of_what_it_does_not_know(start):
    sentence = start.explain("one\n\ntwo\nERROR: something never seen before\n")
    assert "  ERROR: something never seen before\n" in sentence


def test_free_space_problem_tells_both_numbers(start, tmp_path):
    sentence = start.free_space_problem(tmp_path / ".venv", free=2 * 10**9)
    assert f"{start.SPACE / 10**9:.1f} GB of disk are needed and 2.0 GB are free" in sentence
    assert start.free_space_problem(tmp_path / ".venv", free=start.SPACE) == ""


def test_free_space_problem_asks_less_when_part_is_there(start, tmp_path, monkeypatch):
    monkeypatch.setattr(start, "SPACE", 3 * 10**9)
    with open(tmp_path / "torch.so", "wb") as file:
        file.truncate(2 * 10**9)
    assert start.free_space_problem(tmp_path, free=10**9) == ""
    assert "1.0 GB of disk are needed" in start.free_space_problem(tmp_path, free=10**9 - 1)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("", "collecting: 0 packages"),
        ("Collecting torch\n  Downloading torch-2.14.0-cp311-linux.whl (532.3 MB)\n",
         "collecting: 1 packages, downloading torch 532.3 MB"),
        ("Requirement already satisfied: six\nCollecting numpy\n  Using cached numpy-2.4.6-cp311.whl (16 MB)\n",
         "collecting: 2 packages, using cached numpy 16 MB"),
        ("Collecting six\nWARNING: Retrying (Retry(total=4)) after ...\n",
         "collecting: 1 packages, the package server does not answer, trying again"),
        ("Installing collected packages: a, b, c\n", "installing: 7 packages in place, 3 in this run"),
    ],
)  # fmt: skip
def test_progress_reads_pips_output(start, output, told):
    assert start.progress(output, 7) == told


# Lessons


def test_copy_lessons_copies_each_once_and_never_overwrites(start, tmp_path):
    course, work = tmp_path / "course", tmp_path / "work"
    lesson(course / "03_transfer", "released")
    assert start.copy_lessons(course, work) == ["03_transfer"]
    mine = work / "03_transfer" / "03_transfer.ipynb"
    mine.write_text("my answer")
    lesson(course / "04_rates", "released later")
    (course / "03_transfer" / "03_transfer.ipynb").write_text("released again")
    assert start.copy_lessons(course, work) == ["04_rates"]
    assert mine.read_text() == "my answer"
    assert sorted(os.listdir(work)) == [".release", "03_transfer", "04_rates"]
    assert (work / ".release" / "03_transfer.ipynb").read_text() == "released"
    assert start.older_lessons(course, work) == ["03_transfer"]


def test_copy_lessons_completes_a_copy_that_was_killed(start, tmp_path):
    lesson(tmp_path / "course" / "03_transfer", "whole")
    lesson(tmp_path / "work" / ".03_transfer.partial", "half")
    assert start.copy_lessons(tmp_path / "course", tmp_path / "work") == ["03_transfer"]
    assert (tmp_path / "work" / "03_transfer" / "03_transfer.ipynb").read_text() == "whole"
    assert sorted(os.listdir(tmp_path / "work")) == [".release", "03_transfer"]


def test_copy_lessons_failing_midway_leaves_no_half_lesson(start, tmp_path, monkeypatch):
    lesson(tmp_path / "course" / "03_transfer", "whole")
    monkeypatch.setattr(start.Path, "rename", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        start.copy_lessons(tmp_path / "course", tmp_path / "work")
    assert not (tmp_path / "work" / "03_transfer").exists()


def test_the_glossary_is_renewed_beside_the_lessons(start, tmp_path):
    course, work = tmp_path / "course", tmp_path / "work"
    lesson(course / "03_transfer", "released")
    start.copy_lessons(course, work)
    start.renew_glossary(course, work)
    assert sorted(os.listdir(work)) == [".release", "03_transfer"]
    for words in ("few words", "more words"):
        (course / "glossary.md").write_text(words)
        start.renew_glossary(course, work)
        assert (work / "glossary.md").read_text() == words


def test_copy_lessons_without_a_course_makes_an_empty_work_folder(start, tmp_path):
    assert start.copy_lessons(tmp_path / "course", tmp_path / "work") == []
    assert os.listdir(tmp_path / "work") == []


# Checks


def test_checks_quick_leaves_out_the_slow_tests_only(start):
    full, quick = dict(start.checks()), dict(start.checks(quick=True))
    assert {name for name in full if full[name] != quick[name]} == {"tests", "lessons executed"}
    assert quick["tests"][-2:] == quick["lessons executed"][-2:] == ("-m", "not slow")


def test_checks_run_every_folder_of_tests(start):
    full = dict(start.checks())
    assert [word for word in full["tests"] if "tests/" in word] == ["--ignore=tests/browser/lessons"]
    assert full["lessons executed"][-1] == "tests/browser/lessons"


def test_the_tests_lanes_have_a_thread_each_and_a_lesson_has_all(start, project, monkeypatch, capfd):
    (project / "said.py").write_text("import os; print('threads', os.environ.get('OMP_NUM_THREADS'))")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for lanes in (start.LANES, ()):
        assert start.run_check("x", ("-m", "said", *lanes), Path(sys.prefix))[0]
    said = [line for line in capfd.readouterr().out.splitlines() if line.startswith("threads")]
    assert said == ["threads 1", "threads None"]


def test_test_runs_every_check_and_fails_when_one_does(start, project, monkeypatch, capfd):
    monkeypatch.setattr(start, "set_up", lambda extras: Path(sys.prefix))
    good, bad = ("-m", "json.tool", "--help"), ("-m", "json.tool", "no such file")
    monkeypatch.setattr(start, "CHECKS", (("first", good), ("second", bad), ("third", good)))
    assert start.main(["test"]) == 1
    output = capfd.readouterr().out
    assert output.splitlines()[-1] == "checks: 2 passed, 1 failed"
    assert [line for line in output.splitlines() if line.startswith("===")][-4:] == [
        "=== first", "=== second", "=== third", "=== summary"
    ]  # fmt: skip


def test_test_succeeds_when_every_check_passes(start, project, monkeypatch, capfd):
    monkeypatch.setattr(start, "set_up", lambda extras: Path(sys.prefix))
    monkeypatch.setattr(start, "CHECKS", (("first", ("-m", "json.tool", "--help")),))
    assert start.main(["test"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "checks: 1 passed, 0 failed"


# The doctor, where the installation did not get through


def test_a_failed_installation_shows_what_the_doctor_finds(start, project, monkeypatch, capsys):
    monkeypatch.setattr(start, "install_needed", lambda *_: True)
    monkeypatch.setattr(start, "free_space_problem", lambda _: "7 GB of disk are needed.")
    assert start.main(["lab"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("start.py: 7 GB of disk are needed.\n\nok     Python  ")
    assert "disk" in said.split("needed.")[1] and said.rstrip().endswith("found.")


def test_diagnosis_asks_the_environments_own_python_where_it_has_one(start, project, monkeypatch):
    monkeypatch.setattr(start, "python_of", lambda environment: Path(sys.executable))
    monkeypatch.setattr(start, "ROOT", project)
    (project / "autograder").mkdir()
    (project / "autograder" / "__main__.py").write_text("import sys\nprint(*sys.argv[1:], 'was asked')")
    (project / "autograder" / "__init__.py").touch()
    assert start.diagnosis(project / ".venv") == "doctor was asked"


def test_a_word_that_is_no_command_needs_no_doctor(start, capsys):
    assert start.main(["lob"]) == 1
    assert "Python  " not in capsys.readouterr().err


# A new release


@pytest.fixture
def released(start, project, monkeypatch):
    """Notes what `update` runs, instead of running it."""
    ran = []
    monkeypatch.setattr(start, "set_up", lambda extras: project / ".venv")
    done = subprocess.CompletedProcess([], 0)
    monkeypatch.setattr(start.subprocess, "run", lambda command, **_: ran.append(command[1:]) or done)
    return ran


def test_update_carries_over_with_the_environments_own_python(start, released):
    assert start.main(["update"]) == 0
    assert released == [["-m", "autograder", "update"]]


def test_update_takes_in_a_release_first_and_leaves_the_rest_to_it(start, project, released, monkeypatch):
    taken = []
    monkeypatch.setattr(start.incoming, "take_in", lambda archive, folder, now: taken.append((archive.name, folder)))
    assert start.main(["update", "course.zip"]) == 0
    assert taken == [("course.zip", project)]
    assert released == [[str(project / "start.py"), "update"]]


@pytest.mark.parametrize("arguments", [["update"], ["lab", "01"], ["test"]])
def test_every_command_completes_an_update_that_waits_and_is_then_run_as_the_new_release_has_it(
    start, project, released, monkeypatch, capsys, arguments
):
    monkeypatch.setattr(start.incoming, "waits", lambda folder: folder == project)
    monkeypatch.setattr(start.incoming, "finish", lambda folder: None)
    assert start.main(arguments) == 0
    assert released == [[str(project / "start.py"), *arguments]]
    said = "An update that was interrupted is completed first.\nThe new release is in place.\n"
    assert capsys.readouterr().out == said


def test_update_names_what_the_new_release_replaced(start, project, released, monkeypatch, capsys):
    kept = project / "work" / ".backups" / "2026-03-04_050607_release"
    for number in range(start.SHOWN + 1):
        (kept / "course").mkdir(parents=True, exist_ok=True)
        (kept / "course" / f"{number}.md").write_text("mine")
    monkeypatch.setattr(start.incoming, "take_in", lambda *_: kept)
    assert start.main(["update", "course.zip"]) == 0
    said = capsys.readouterr().out
    assert f"is kept in {kept}: course/0.md, course/1.md" in said
    assert said.endswith(f"course/{start.SHOWN - 1}.md, …\n")


def test_update_says_which_file_cannot_be_replaced(start, project, released, monkeypatch, capsys):
    def in_use(*_):
        raise PermissionError(13, "Permission denied", "course")

    monkeypatch.setattr(start.incoming, "take_in", in_use)
    assert start.main(["update", "course.zip"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("start.py: course cannot be replaced (Permission denied): close JupyterLab")
    assert said.endswith("run the same command again.\n") and released == []


@pytest.mark.parametrize("away", [["autograder"], ["lib"], ["autograder", "lib"]])
def test_an_update_that_ended_while_a_folder_was_away_is_completed_by_the_next_command(tmp_path, away):
    staged = tmp_path / ".update"
    (staged / "new").mkdir(parents=True)
    for folder in ("autograder", "lib"):
        shutil.copytree(SOURCE.parent / folder, (staged / "new" if folder in away else tmp_path) / folder)
    shutil.copy(SOURCE, tmp_path)
    (staged / "ready").write_text("2026-03-04_050607_release")
    bare = [sys.executable, "-E", "-s", "-S", str(tmp_path / "start.py"), "update", "nothing"]
    answer = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert answer.stdout == "An update that was interrupted is completed first.\nThe new release is in place.\n"
    assert answer.stderr == "start.py: `update` takes the zip file of a release, or nothing; it got nothing.\n"
    assert (tmp_path / "autograder").is_dir() and (tmp_path / "lib").is_dir() and not staged.exists()


@pytest.mark.parametrize("words", [["course"], ["a.zip", "b.zip"], ["--all"]])
def test_update_refuses_what_it_does_not_know(start, released, capsys, words):
    assert start.main(["update", *words]) == 1
    assert "takes the zip file of a release, or nothing" in capsys.readouterr().err
    assert released == []


def test_update_tells_why_a_file_is_no_release(start, project, released, capsys):
    (project / "course.zip").write_text("no zip")
    assert start.main(["update", str(project / "course.zip")]) == 1
    assert "course.zip was not taken in: it cannot be read" in capsys.readouterr().err
    assert released == []


def test_lab_says_when_a_lesson_is_of_an_older_release(start, project, monkeypatch, capsys):
    monkeypatch.setattr(start, "set_up", lambda extras: project / ".venv")
    monkeypatch.setattr(start, "hand_over", lambda *_: 0)
    lesson(project / "course" / "03_transfer", "first")
    assert start.lab([]) == 0
    assert "older release" not in capsys.readouterr().out
    (project / "course" / "03_transfer" / "03_transfer.ipynb").write_text("second")
    assert start.lab([]) == 0
    assert "Of an older release: 03_transfer. `python3 start.py update` renews them" in capsys.readouterr().out
