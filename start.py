#!/usr/bin/env python3
"""The commands of the course. They need Python 3.11 or newer and nothing else.

    python3 start.py          the same as `lab`
    python3 start.py lab      install what is missing, then open the lessons in JupyterLab
    python3 start.py update   bring lessons that you have begun up to the release in course/; your answers go along
    python3 start.py test     install what is missing, then make every check that CI makes (--quick: no slow tests)
    python3 start.py website  install what it needs, then make the course's website in build/website

What stands after `lab` goes on to JupyterLab: `python3 start.py lab --no-browser --port 8899`. `lab --instructor` opens
class/ instead of work/, with nbgrader's formgrader. `update FILE.zip` takes in the release in that file first.
The lessons are copied from course/ to work/ once; what you write in them is never overwritten. The glossary beside them
and the welcome page, on which JupyterLab opens, are renewed.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)


def python_problem(version: "tuple[int, ...]" = sys.version_info[:2]) -> str:
    """A sentence when this Python is too old, or newer than the pinned packages know; else nothing."""
    found, oldest, newest = (".".join(str(part) for part in v[:2]) for v in (version, OLDEST, NEWEST))
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return ""
    return (
        f"The course needs Python {oldest} to {newest} and this is Python {found}: "
        f"install Python {newest} and run it as `python{newest} start.py` (on Windows `py -{newest} start.py`)."
    )


if python_problem():  # before anything below that an old Python cannot even define
    sys.exit(f"start.py: {python_problem()}")

ROOT = Path(__file__).resolve().parent
if (ROOT / ".update" / "ready").is_file():  # an update ended between two moves: what is not here is there
    sys.path.append(str(ROOT / ".update" / "new"))

from autograder import archives, doctor, incoming, welcome  # noqa: E402  once the Python is new enough; they need nothing else

GIGABYTE = 10**9
SHOWN = 8  # names of files, at most
SPACE = 7 * GIGABYTE  # a fresh Linux installation with CUDA, test tools included

# Three processes test at once with one thread each, each a file at a time, in the order in which they are collected.
# That is work for two cores: much of it is waiting for a limit, a browser, a kernel; the many short ones at the end
# fill all. The lessons come after, alone, on all cores as a learner's: their seconds count.
LANES = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "--max-worker-restart", "0")
# Every check that CI makes, in this order: a heading, and what is run. A word with `-m` is a module, else a script.
CHECKS = (
    ("lint", ("-m", "ruff", "check", ".")),
    ("format", ("-m", "ruff", "format", "--check", ".")),
    ("types", ("-m", "mypy")),
    ("import contracts", ("lint-imports",)),
    ("tests", ("-m", "pytest", "-q", *LANES, "--ignore=tests/browser/lessons")),
    ("lessons executed", ("-m", "pytest", "-q", "tests/browser/lessons")),
    ("drift of the released lessons", ("-m", "autograder", "release", "--check")),
    ("proof of the exercises", ("-m", "autograder", "verify", "--check")),
)

# What is in the way is off: news and update pop-ups, the extension shop, and for learners the instructor's views of
# nbgrader. The paths lie in the environment, so that no other JupyterLab of the user's is touched.
# nbgrader's marking page loads MathJax from a CDN, and does not work without; JupyterLab's own server has it too.
MATHJAX = """\
{%- from 'base/mathjax.html.j2' import mathjax as mathjax_from -%}
{%- macro mathjax() -%}
<script type="text/x-mathjax-config">
MathJax.Hub.Config({"HTML-CSS": {availableFonts: [], imageFont: null, webFont: "STIX-Web"}});
</script>
{{ mathjax_from("/static/jupyter_server_mathjax/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe") }}
{%- endmacro -%}
"""
JUPYTER_SETTINGS = {
    "etc/jupyter/jupyter_server_config.d/zz-course.json": {
        "ServerApp": {
            "jpserver_extensions": {
                "nbgrader.server_extensions.formgrader": False,
                "nbgrader.server_extensions.assignment_list": False,
                "nbgrader.server_extensions.course_list": False,
            }
        },
        "LanguageServerManager": {"autodetect": False},
    },
    "etc/jupyter/jupyter_lab_config.json": {
        "LabApp": {
            "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "extension_manager": "readonly",
            "news_url": None,
        }
    },
    "share/jupyter/lab/settings/overrides.json": {
        "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
        "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
    },
    "etc/jupyter/labconfig/page_config.json": {
        "disabledExtensions": {
            "@jupyter/nbgrader:assignment-list": True,
            "@jupyter/nbgrader:course-list": True,
            "@jupyter/nbgrader:create-assignment": True,
            "@jupyter/nbgrader:formgrader": True,
            "@jupyter/nbgrader:menu": True,
            "@jupyterlab/apputils-extension:announcements": True,
        }
    },
}
# What an instructor's JupyterLab reads before these, from a folder that no learner's is pointed to: both can be open.
INSTRUCTORS_FOLDER = "etc/jupyter-instructor"
INSTRUCTORS_SETTINGS = {
    f"{INSTRUCTORS_FOLDER}/jupyter_server_config.d/zz-course.json": {
        "ServerApp": {"jpserver_extensions": {"nbgrader.server_extensions.formgrader": True}}
    },
    f"{INSTRUCTORS_FOLDER}/labconfig/page_config.json": {
        "disabledExtensions": {"@jupyter/nbgrader:formgrader": False, "@jupyter/nbgrader:menu": False}
    },
}

# What pip says when something outside it went wrong, and how to go on. The first that fits is told.
EXPLANATIONS = (
    (
        r"No space left on device|Errno 28|not enough space on the disk",
        "The disk is full: free 7 GB and run the same command again.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "The package server's certificate was not accepted, as happens behind a company's proxy: tell pip the proxy's "
        "certificate (`pip config set global.cert FILE`) and run the same command again.",
    ),
    (
        r"NewConnectionError|NameResolutionError|Connect\w*Timeout|ReadTimeout|Temporary failure in name resolution|"
        r"getaddrinfo failed|nodename nor servname|Network is unreachable|Connection refused|ProxyError|"
        r"Max retries exceeded|ConnectionResetError|IncompleteRead|Connection broken|ProtocolError",
        "The package server cannot be reached: check the connection (behind a proxy, set HTTPS_PROXY) and run the same "
        "command again; what is downloaded already is kept. Conda users: `conda env create -f environment.yml`.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "A package arrived damaged: run `python3 -m pip cache purge`, then the same command again.",
    ),
    (
        r"WinError 5\b|WinError 32\b|Access is denied|being used by another process",
        "A file of .venv is in use: close JupyterLab and every notebook, then run the same command again.",
    ),
    (
        r"Permission denied|Read-only file system",
        "This folder may not be written to: copy the course to a folder of yours and run the same command there.",
    ),
    (
        r"No matching distribution found for torch|torch.* is not a supported wheel",
        "PyTorch has no build for this machine: it runs on 64-bit Linux and Windows, and on Macs with Apple silicon "
        "(macOS 14 or newer), with a 64-bit Python.",
    ),
)


class ProblemError(Exception):
    """Something that the reader can put right; the message says how."""


class SetupError(ProblemError):
    """The installation did not get through; what the doctor finds is told as well."""


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    name, rest = (arguments[0], arguments[1:]) if arguments and not arguments[0].startswith("-") else ("lab", arguments)
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    try:
        if name not in commands():
            raise ProblemError(f"There is no command `{name}`. The commands are: {', '.join(commands())}.")
        if incoming.waits(ROOT):
            print("An update that was interrupted is completed first.", flush=True)
            put_in_place(lambda: incoming.finish(ROOT))
            return again(arguments)
        return commands()[name](rest)
    except ProblemError as problem:
        print(f"start.py: {problem}", file=sys.stderr)
        if isinstance(problem, SetupError):
            print(f"\n{diagnosis(environment_folder())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstart.py: Stopped. The same command goes on from here.", file=sys.stderr)
        return 130


def commands() -> dict[str, Callable[[list[str]], int]]:
    """The commands by name; the first is what no command means."""
    return {"lab": lab, "update": update, "test": test, "website": website}


def lab(arguments: list[str]) -> int:
    """Install, copy new lessons, open JupyterLab on the learner's own copy; or on the class that is graded."""
    environment = set_up(())
    write_settings(environment)
    if "--instructor" in arguments:
        (ROOT / "class" / "submitted").mkdir(parents=True, exist_ok=True)
        print("Opening JupyterLab on class/, with nbgrader's formgrader. Ctrl-C here ends it.", flush=True)
        arguments = [argument for argument in arguments if argument != "--instructor"]
        return hand_over(lab_command(environment, ROOT / "class") + arguments, ROOT, instructors_variables(environment))
    work = ROOT / "work"
    for name in copy_lessons(ROOT / "course", work):
        print(f"New lesson: work/{name}")
    older = older_lessons(ROOT / "course", work)
    if older:
        print(f"Of an older release: {', '.join(older)}. `python3 start.py update` renews them; your answers go along.")
    renew_glossary(ROOT / "course", work)
    welcome.renew(work)
    print("Opening JupyterLab on work/. Ctrl-C here ends it.", flush=True)
    landing = f"--LabApp.default_url=/lab/tree/{welcome.PAGE}"
    return hand_over([*lab_command(environment, work), landing, *arguments], work, variables(environment))


def update(arguments: list[str]) -> int:
    """Take in the release that is given, if one is, then bring the learner's lessons up to it."""
    if len(arguments) > 1 or (arguments and not arguments[0].endswith(".zip")):
        raise ProblemError(f"`update` takes the zip file of a release, or nothing; it got {' '.join(arguments)}.")
    if arguments:
        try:
            put_in_place(lambda: incoming.take_in(Path(arguments[0]), ROOT, datetime.now().astimezone()))
        except archives.Refused as refused:
            raise ProblemError(f"{arguments[0]} was not taken in: {refused}.") from None
        return again(["update"])
    environment = set_up(())
    command = [str(python_of(environment)), "-m", "autograder", "update"]
    return subprocess.run(command, cwd=ROOT, env=variables(environment), check=False).returncode


def put_in_place(move: Callable[[], "Path | None"]) -> None:
    """Take in a release by `move`, and say what became of what it replaced."""
    try:
        kept = move()
    except OSError as error:
        raise ProblemError(
            f"{error.filename or 'A file'} cannot be replaced ({error.strerror}): close JupyterLab and whatever has "
            "files of the course open, see that the disk has 1 GB free, and run the same command again."
        ) from None
    print("The new release is in place.", flush=True)
    if kept:
        names = [path.relative_to(kept).as_posix() for path in sorted(kept.rglob("*")) if path.is_file()]
        more = ", …" if len(names) > SHOWN else ""
        print(
            f"What it does not have, or has otherwise, is kept in {kept}: {', '.join(names[:SHOWN])}{more}", flush=True
        )


def again(arguments: list[str]) -> int:
    """Run a command as the release does that is in place now."""
    return subprocess.run([sys.executable, str(ROOT / "start.py"), *arguments], cwd=ROOT, check=False).returncode


def lab_command(environment: Path, folder: Path) -> list[str]:
    """What opens JupyterLab on `folder`, for this machine alone."""
    command = [str(python_of(environment)), "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1"]
    return [*command, f"--ServerApp.root_dir={folder}", *root_option()]


def test(arguments: list[str]) -> int:
    """Install with the test extra, make every check, report them all; zero when all passed."""
    unknown = [argument for argument in arguments if argument != "--quick"]
    if unknown:
        raise ProblemError(f"`test` does not know {' '.join(unknown)}. It takes --quick, or nothing.")
    environment = set_up(("test", "website"))
    results = [(name, *run_check(name, words, environment)) for name, words in checks(quick="--quick" in arguments)]
    print(summary(results), flush=True)
    return 0 if all(passed for _, passed, _ in results) else 1


def website(arguments: list[str]) -> int:
    """Install with the website extra, and make the site."""
    environment = set_up(("website",))
    command = [str(python_of(environment)), "-m", "autograder", "website", *arguments]
    return subprocess.run(command, cwd=ROOT, env=variables(environment), check=False).returncode


def checks(quick: bool = False) -> list[tuple[str, tuple[str, ...]]]:
    """Name and words of every check; `quick` leaves out the tests marked slow."""
    return [(name, (*words, "-m", "not slow") if quick and "pytest" in words else words) for name, words in CHECKS]


def run_check(name: str, words: tuple[str, ...], environment: Path) -> tuple[bool, float]:
    """Run one check under its heading; whether it passed, and the seconds it took."""
    print(f"\n=== {name}", flush=True)
    began = time.monotonic()
    command = (
        [str(python_of(environment)), *words]
        if words[0] == "-m"
        else [str(script_of(environment, words[0])), *words[1:]]
    )
    around = one_thread(environment) if LANES[0] in words else variables(environment)
    passed = subprocess.run(command, cwd=ROOT, env=around, check=False).returncode == 0
    seconds = time.monotonic() - began
    print(f"--- {'passed' if passed else 'FAILED'} in {seconds:.1f} s", flush=True)
    return passed, seconds


def summary(results: list[tuple[str, bool, float]]) -> str:
    """The table of all checks, and the one line that counts them."""
    rows = [f"{'passed' if passed else 'FAILED':8}{seconds:8.1f} s  {name}" for name, passed, seconds in results]
    count = sum(passed for _, passed, _ in results)
    return "\n".join(["\n=== summary", *rows, "", f"checks: {count} passed, {len(results) - count} failed"])


def set_up(extras: tuple[str, ...]) -> Path:
    """The environment with the pinned set and these extras in it, made or completed where needed."""
    environment = environment_folder()
    if not install_needed(environment, extras):
        return environment
    for problem in (ensurepip_problem(), free_space_problem(environment)):
        if problem:
            raise SetupError(problem)
    if environment == ROOT / ".venv" and not usable(environment):
        print("Making .venv ...", flush=True)
        make(environment)
    install(environment, extras)
    present = extras_in(environment) or set()  # pip takes nothing away
    found = {"fingerprint": fingerprint(environment), "extras": sorted(present.union(extras))}
    write_whole(stamp_of(environment), json.dumps(found))
    return environment


def diagnosis(environment: Path) -> str:
    """What the doctor finds: all that it looks at where the environment has a Python, else what needs none."""
    if python_of(environment).exists():
        command = [str(python_of(environment)), "-m", "autograder", "doctor"]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if answer.stdout:
            return answer.stdout.rstrip()
    return doctor.report(doctor.examined(doctor.BARE))


def environment_folder(prefix: str = sys.prefix) -> Path:
    """The active conda environment when the course is installed in it (environment.yml), else .venv."""
    conda = (Path(prefix) / "conda-meta").is_dir()
    installed = any(Path(sysconfig.get_path("purelib")).glob("transfer_learning_course-*.dist-info"))
    return Path(prefix) if conda and installed else ROOT / ".venv"


def install_needed(environment: Path, extras: tuple[str, ...]) -> bool:
    """Whether the stamp of a finished installation is missing, or tells of other pins, another Python, fewer extras."""
    present = extras_in(environment)
    return present is None or not set(extras) <= present


def extras_in(environment: Path) -> "set[str] | None":
    """The extras of the installation that its stamp tells of; None where it was of other pins, or is not finished."""
    try:
        stamp = json.loads(stamp_of(environment).read_text(encoding="utf-8"))
        return set(stamp["extras"]) if stamp["fingerprint"] == fingerprint(environment) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def fingerprint(environment: Path, root: Path = ROOT) -> str:
    """What an installation depends on: the project, the pins, the Python, the place (an environment cannot move)."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {environment}".encode())
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def usable(environment: Path) -> bool:
    """Whether the environment runs this version of Python with pip, and no package in it was left half installed."""
    if not python_of(environment).exists() or half_installed(environment):
        return False
    question = [str(python_of(environment)), "-c", "import pip, sys; print(sys.version_info[:2])"]
    answer = subprocess.run(question, capture_output=True, text=True, check=False, cwd=environment)
    return answer.stdout.strip() == str(sys.version_info[:2])


def half_installed(environment: Path) -> list[str]:
    """Packages that a killed pip left behind: it writes INSTALLER last."""
    return sorted(info.name for info in packages(environment).glob("*.dist-info") if not (info / "INSTALLER").exists())


def make(environment: Path) -> None:
    """A new, empty environment in place of whatever stands there."""
    base = getattr(sys, "_base_executable", None) or sys.executable  # not the .venv that is being replaced
    made = subprocess.run(
        [base, "-m", "venv", "--clear", str(environment)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise SetupError(explain(made.stdout + made.stderr))


def install(environment: Path, extras: tuple[str, ...]) -> None:
    """Let pip install the pinned set, and tell all the while how far it is."""
    target = f".[{','.join(extras)}]" if extras else "."
    command = [str(python_of(environment)), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", "-c", "constraints.txt", "-e", target]
    print("Installing PyTorch, JupyterLab and what they need: 2 to 15 minutes, most of it the download.", flush=True)
    log = environment / "install.log"
    with open(log, "wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, env=variables(environment))
    try:
        show_progress(process, log, environment)
    finally:
        process.terminate()  # does nothing to a process that has ended
    if process.wait() != 0:
        raise SetupError(f"{explain(read(log))} (pip's own words: {log})")


def show_progress(process: "subprocess.Popen[bytes]", log: Path, environment: Path) -> None:
    """One running line on a terminal; elsewhere a line every ten seconds."""
    live, began, told = sys.stdout.isatty(), time.monotonic(), 0.0
    while process.poll() is None:
        time.sleep(0.5)
        elapsed = time.monotonic() - began
        if live or elapsed > told + 10:
            told = elapsed
            text = f"  {clock(elapsed)}  {progress(read(log), len(installed(environment)))}"
            print(f"\r{text[:78]:78}" if live else text, end="" if live else "\n", flush=True)
    print(("\r" if live else "") + f"  {clock(time.monotonic() - began)}  pip is done".ljust(78 * live), flush=True)


def progress(output: str, done: int) -> str:
    """What pip does now, read off its output so far and the count of packages in place."""
    installing = re.search(r"^Installing collected packages: (.*)$", output, re.MULTILINE)
    if installing:
        return f"installing: {done} packages in place, {installing[1].count(',') + 1} in this run"
    collected = len(re.findall(r"^Collecting |^Requirement already satisfied", output, re.MULTILINE))
    files = re.findall(r"(Downloading|Using cached) (?:\S*/)?([\w.]+)-\S+(?: \(([^)]*)\))?", output)
    now = f", {files[-1][0].lower()} {files[-1][1]} {files[-1][2]}" if files else ""
    retrying = ", the package server does not answer, trying again" if "WARNING: Retrying" in output[-400:] else ""
    return f"collecting: {collected} packages{retrying or now}".rstrip()


def explain(output: str) -> str:
    """What went wrong and how to go on, in a sentence; pip's last words where it is nothing that is known."""
    for pattern, sentence in EXPLANATIONS:
        if re.search(pattern, output):
            return sentence
    last = [line for line in output.splitlines() if line.strip()][-5:]
    return "The installation failed. The last lines were:\n  " + "\n  ".join(last) + "\nRun the same command again."


def free_space_problem(environment: Path, free: int | None = None) -> str:
    """A sentence when the disk has no room for what is still to be installed; else nothing."""
    free = shutil.disk_usage(ROOT).free if free is None else free
    present = sum(file.stat().st_size for file in environment.rglob("*") if file.is_file() and not file.is_symlink())
    needed = max(SPACE - present, GIGABYTE)
    if free >= needed:
        return ""
    return (
        f"{needed / GIGABYTE:.1f} GB of disk are needed and {free / GIGABYTE:.1f} GB are free in {ROOT}: "
        "free some, or move the course to another disk, and run the same command again."
    )


def ensurepip_problem() -> str:
    """A sentence where the system's Python comes without the parts that make an environment (Debian, Ubuntu)."""
    if importlib.util.find_spec("ensurepip") is not None:
        return ""
    return "This Python cannot make environments: run `sudo apt-get install python3-venv`, then the same command again."


def python_of(environment: Path) -> Path:
    """The environment's Python."""
    if environment == Path(sys.prefix):
        return Path(sys.executable)
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def script_of(environment: Path, name: str) -> Path:
    """A command that a package put into the environment."""
    return environment / (f"Scripts/{name}.exe" if os.name == "nt" else f"bin/{name}")


def stamp_of(environment: Path) -> Path:
    """The file that is written when an installation is finished, and not before."""
    return environment / "course-stamp.json"


def packages(environment: Path) -> Path:
    """Where the environment keeps its packages."""
    base = str(environment)
    return Path(sysconfig.get_path("purelib", "venv", {"base": base, "installed_base": base}))


def installed(environment: Path) -> list[Path]:
    """The packages that are in place whole."""
    return list(packages(environment).glob("*.dist-info/INSTALLER"))


def variables(environment: Path) -> dict[str, str]:
    """The environment variables for what runs in the environment: its commands come first."""
    return os.environ | {"PATH": f"{script_of(environment, '').parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def instructors_variables(environment: Path) -> dict[str, str]:
    """The same, for JupyterLab with the instructor's views."""
    found = variables(environment)
    places = [str(environment / INSTRUCTORS_FOLDER), *filter(None, [found.get("JUPYTER_CONFIG_PATH")])]
    return found | {"JUPYTER_CONFIG_PATH": os.pathsep.join(places)}


def one_thread(environment: Path) -> dict[str, str]:
    """The same, for processes that each compute on one core."""
    return variables(environment) | {"OMP_NUM_THREADS": "1"}


def copy_lessons(course: Path, work: Path) -> list[str]:
    """Copy the lessons that are not in `work` yet, each whole or not at all, and return their names."""
    work.mkdir(exist_ok=True)
    new = [lesson for lesson in sorted(course.glob("[0-9][0-9]_*")) if lesson.is_dir()]
    new = [lesson for lesson in new if not os.path.lexists(work / lesson.name)]
    for lesson in new:
        half = work / f".{lesson.name}.partial"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(lesson, half, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"))
        half.rename(work / lesson.name)
        notebook = lesson / f"{lesson.name}.ipynb"
        if notebook.is_file():
            copy_whole(notebook, work / incoming.RELEASES / notebook.name)
    return [lesson.name for lesson in new]


def older_lessons(course: Path, work: Path) -> list[str]:
    """The lessons in `work` that were copied from a release other than the one in `course`."""
    kept = sorted((work / incoming.RELEASES).glob("*.ipynb"))
    pairs = [(one, course / one.stem / one.name) for one in kept if (work / one.stem).is_dir()]
    return [one.stem for one, now in pairs if now.is_file() and now.read_bytes() != one.read_bytes()]


def renew_glossary(course: Path, work: Path) -> None:
    """Put the course's glossary beside the lessons; it is no work of the learner's, so the newest one stays."""
    glossary = course / "glossary.md"
    if glossary.is_file():
        copy_whole(glossary, work / glossary.name)


def write_settings(environment: Path) -> None:
    """Put the course's JupyterLab settings into the environment."""
    for name, settings in (JUPYTER_SETTINGS | INSTRUCTORS_SETTINGS).items():
        write_whole(environment / name, json.dumps(settings, indent=2))
    write_whole(environment / "share/jupyter/nbconvert/templates/formgrade/mathjax.html.j2", MATHJAX)


def root_option() -> list[str]:
    """What lets JupyterLab run for root, the only user in most containers; it still listens on this machine alone."""
    return ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def hand_over(command: list[str], folder: Path, environ: dict[str, str]) -> int:
    """Become `command` (where the system can), or wait for it, leaving Ctrl-C to it."""
    if os.name == "posix":
        os.chdir(folder)
        os.execve(command[0], command, environ)
    process = subprocess.Popen(command, cwd=folder, env=environ)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def read(path: Path) -> str:
    """A text file that another process may still be writing."""
    return path.read_text(encoding="utf-8", errors="replace")


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever meets half of it."""
    half = partial(path)
    half.write_text(text, encoding="utf-8")
    half.replace(path)


def copy_whole(source: Path, path: Path) -> None:
    """Copy a file, byte by byte, so that nobody ever meets half of it."""
    shutil.copyfile(source, partial(path)).replace(path)


def partial(path: Path) -> Path:
    """Where a file is written before it takes its place; the folder is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.partial")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
