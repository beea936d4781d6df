"""What the doctor looks at: each check tells, in lines, what it found, and for a fault the way to put it right."""

import importlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
GIGABYTE = 10**9
MEMORY, DISK = 2 * GIGABYTE, GIGABYTE  # what a lesson may take of memory, and what its results and downloads need
OK, NOTE, FAULT = "ok", "note", "FAULT"
AGAIN = "Run `python3 start.py`: it puts the pinned set of packages in place."
_PATIENCE = 5.0  # seconds that a server may take to answer
_VIEWS = ("@jupyter/nbgrader", "@jupyter-widgets/jupyterlab-manager")


class Line(NamedTuple):
    """What was looked at, what was found, and, for a fault, what to do about it."""

    subject: str
    found: str
    level: str = OK
    remedy: str = ""


# ---- the machine --------------------------------------------------------------------------------------------------


def python() -> Iterator[Line]:
    """Neither too old nor newer than the pinned packages know."""
    version = ".".join(map(str, sys.version_info[:3]))
    problem = _start().python_problem()
    yield Line("Python", f"{version}, {sys.executable}", FAULT if problem else OK, problem)


def memory() -> Iterator[Line]:
    """Enough for a lesson."""
    if "SC_AVPHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        yield Line("memory", "this system does not tell", NOTE)
        return
    free = _free_memory()
    short = free < MEMORY
    remedy = (
        f"A lesson takes up to {MEMORY / GIGABYTE:g} GB: close other programs, or kernels that have done their work."
    )
    yield Line("memory", f"{free / GIGABYTE:.1f} GB free", FAULT if short else OK, remedy if short else "")


def disk() -> Iterator[Line]:
    """Enough for results, and for weights that are asked for."""
    free = shutil.disk_usage(ROOT).free
    short = free < DISK
    remedy = f"Free {DISK / GIGABYTE:g} GB on the disk that holds {ROOT}." if short else ""
    yield Line("disk", f"{free / GIGABYTE:.1f} GB free", FAULT if short else OK, remedy)


# ---- what is installed --------------------------------------------------------------------------------------------


def packages() -> Iterator[Line]:
    """All that the course asks for, in the pinned versions."""
    pins = _pins()
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    asked = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    wanted = map(_plain, re.findall(r'"([\w.-]+)', asked[1]) if asked else [])
    there = {name: found.partition("+")[0] for name in pins if (found := _version(name))}
    if missing := sorted(set(wanted) - set(there)):
        yield Line("packages", f"not installed: {', '.join(missing)}", FAULT, AGAIN)
    if others := [f"{name} {found} ({pins[name]} is pinned)" for name, found in there.items() if found != pins[name]]:
        yield Line("packages", f"of another version: {', '.join(others)}", FAULT, AGAIN)
    yield Line("packages", f"{len(there) - len(others)} in their pinned versions", OK)


def pytorch() -> Iterator[Line]:
    """It computes, and where."""
    torch = importlib.import_module("torch")
    product = (torch.full((64, 64), 2.0) @ torch.full((64, 64), 3.0)).unique().tolist()
    broken = product != [384.0]
    found = f"{torch.__version__}, {torch.get_num_threads()} threads"
    yield Line(
        "PyTorch", found + (f"; 64 × 2 × 3 came out as {product}" * broken), FAULT if broken else OK, AGAIN * broken
    )
    try:
        device = importlib.import_module("lib.settings").device()
    except ValueError as error:
        yield Line("device", str(error), FAULT, "Set COURSE_DEVICE to a device that is here, or take it away.")
        return
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "no CUDA device is used"
    yield Line("device", f"{device}: {name}")


def jupyterlab() -> Iterator[Line]:
    """The program, the extensions that the lessons use, and a kernel that is this Python."""
    yield Line("JupyterLab", importlib.import_module("jupyterlab").__version__)
    for view in _VIEWS:
        there = (Path(sys.prefix) / "share/jupyter/labextensions" / view / "package.json").is_file()
        yield Line(view, "in place" if there else "missing", OK if there else FAULT, "" if there else AGAIN)
    kernels = importlib.import_module("jupyter_client.kernelspec")
    try:
        program = kernels.KernelSpecManager().get_kernel_spec("python3").argv[0]
    except kernels.NoSuchKernel:
        yield Line("kernel", "there is none called python3", FAULT, AGAIN)
        return
    own = program in ("python", "python3") or Path(program).absolute() == Path(sys.executable).absolute()
    place = kernels.KernelSpecManager().find_kernel_specs()["python3"]
    remedy = f"Take away {place}: it stands in front of the course's own kernel."
    yield Line(
        "kernel",
        "python3, this Python" if own else f"python3 is {program}",
        OK if own else FAULT,
        "" if own else remedy,
    )


def weights() -> Iterator[Line]:
    """The bundled networks are as they were published."""
    backbones = importlib.import_module("lib.backbones")
    for name in backbones.ARCHITECTURES:
        try:
            backbones.load_backbone(name)
        except (OSError, ValueError) as error:
            found, _, remedy = str(error).partition(". ")
            yield Line(name, found, FAULT, remedy or AGAIN)
        else:
            yield Line(name, "as published")


# ---- what else may be amiss ---------------------------------------------------------------------------------------


def sandbox() -> Iterator[Line]:
    """Which walls there are around learners' code; only who grades needs any."""
    prison = importlib.import_module("autograder.sandbox.prison")
    if why := prison.unavailable():
        yield Line("sandbox", "none; it is needed for grading alone", NOTE, why)
        return
    worker = importlib.import_module("autograder.sandbox.worker").Worker(ROOT, [])
    try:
        with worker:
            yield Line("sandbox", importlib.import_module("autograder.sandbox.isolation").tried(worker).words)
    except RuntimeError as error:
        yield Line("sandbox", str(error), FAULT, "Grade on another machine, or in a virtual one, until it holds.")


def progress() -> Iterator[Line]:
    """What was solved so far can be read."""
    own = importlib.import_module("autograder.diary")
    file = ROOT / "work" / own.FILE
    if not file.is_file():
        yield Line("progress", "nothing solved yet", NOTE)
    elif entries := own.read(file):
        yield Line("progress", f"{sum(entry.solved for entry in entries.values())} exercises solved")
    else:
        yield Line(
            "progress",
            f"{file} is damaged",
            FAULT,
            "Move it away; run the checks of solved exercises again to fill a new one.",
        )


def network() -> Iterator[Line]:
    """The servers from which pre-trained weights come, where one asks for them."""
    models, downloads = importlib.import_module("torchvision.models"), importlib.import_module("lib.downloads")
    published = models.get_weight("ResNet50_Weights.IMAGENET1K_V2").url
    for address in downloads.addresses(f"checkpoints/{Path(published).name}", published):
        why = _unreachable(address)
        remedy = "Check the connection (behind a proxy, set HTTPS_PROXY); the bundled networks need none."
        yield Line("network", why or f"{address} answers", FAULT if why else OK, remedy if why else "")


# ---- helpers ------------------------------------------------------------------------------------------------------


def _start() -> ModuleType:
    """start.py, which knows which Pythons will do."""
    if "start" not in sys.modules:
        spec = importlib.util.spec_from_file_location("start", ROOT / "start.py")
        if spec is None or spec.loader is None:
            raise FileNotFoundError(ROOT / "start.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    return sys.modules["start"]


def _free_memory() -> int:
    """Bytes that can be had; what holds copies of files counts as free where the system tells."""
    if (table := Path("/proc/meminfo")).is_file():
        return 1024 * int(re.findall(r"^MemAvailable:\s+(\d+)", table.read_text("ascii"), re.MULTILINE)[0])
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _pins() -> dict[str, str]:
    """The pinned versions, by the packages' names as PyPA normalises them."""
    found = re.findall(r"^([\w.-]+)==([\w.+]+)", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    return {_plain(name): version for name, version in found}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _unreachable(address: str) -> str:
    """Why nothing comes from an address, in words; empty where something does."""
    import urllib.request

    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=_PATIENCE):
            return ""
    except (OSError, ValueError) as error:
        return f"{address}: {told(error)}"


def told(error: Exception) -> str:
    """An error in a line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
