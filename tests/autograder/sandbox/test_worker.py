"""Learners' code in a process of its own: what it does harms no other answer, and a right answer is right.

The exercise here is `trainable_fraction`: its probe has few needs.
"""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from autograder.sandbox.worker import Job, Reply, Worker

ROOT = Path(__file__).parents[3]
PROBE = ("autograder.probes.lesson03", "trainable_fraction")
CASES = [{"network": "partly frozen", "width": 3}, {"network": "without parameters", "width": 3}]
RIGHT = """
def trainable_fraction(model):
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return sum(n for n, free in sizes if free) / max(1, sum(n for n, _ in sizes))
"""
SETUP = "import torch\nfrom torch import nn\nfrom lib.freezing import unfreeze\nfrom autograder.check import check\n"


@pytest.fixture(scope="module")
def worker():
    withheld = [("lib.freezing", "trainable_fraction"), ("lib.freezing", "freeze")]
    with pytest.MonkeyPatch.context() as patch, Worker(ROOT, withheld) as started:
        patch.setenv("A_SECRET", "7")
        yield started


@pytest.fixture
def run(worker):
    def one(answer: str, limit: float = 20.0, setup: str = SETUP, above: tuple[str, ...] = (), **more: object) -> Reply:
        job = {"name": "trainable_fraction", "probe": PROBE, "cases": CASES, **more}
        return worker.run(Job(answer=answer, setup=setup, above=list(above), limit=limit, **job))

    return one


def shares(reply: Reply) -> list:
    return [outcome["observations"]["share"] if "observations" in outcome else None for outcome in reply.outcomes]


def errors(reply: Reply) -> set[str]:
    return {outcome.get("error", "none") for outcome in reply.outcomes}


EXPECTED = [(6 + 12 + 4) / (57 + 3 + 6 + 12 + 4), 0.0]


def test_run_observes_a_right_answer(run):
    assert run(RIGHT) == Reply([{"observations": seen(share)} for share in EXPECTED])


def seen(share: float) -> dict:
    return {"share": share, "which parameters are trainable is left alone": True}


@pytest.mark.parametrize(
    "noise",
    [
        "print('x' * 10**6)",
        "import sys; sys.stderr.write('!'); sys.stdout.close()",
        "import warnings; warnings.warn('careful'); warnings.simplefilter('error')",
        "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
        "import threading; threading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()",
        "import atexit, time; atexit.register(time.sleep, 60)",
        "import subprocess; subprocess.Popen(['sleep', '60'])",
        "%matplotlib inline\n!ls\ntorch.ones?",
        "display(1); check('trainable_fraction', None)",
        "raise SystemExit",
        "assert trainable_fraction(nn.Linear(1, 1)) == 7",
        "open('left.txt', 'w').write('x')",
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    ],
)
def test_run_is_not_disturbed_by_what_else_a_cell_does(run, noise):
    start = time.monotonic()
    assert shares(run(f"{RIGHT}\n{noise}")) == EXPECTED
    assert time.monotonic() - start < 40


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("import os; os._exit(0)", "its process ended before it answered"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "its process ended before it answered"),
        ("while True: pass", "it did not finish within 1 s"),
        (
            "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
            "it did not finish within 1 s",
        ),
        ("def trainable_fraction(model):\n    import time\n    time.sleep(60)", "it did not finish within 1 s"),
        ("import os\nwhile True: os.write(3, b'1' * 4096)", "it gave more than 8 MB"),
        ("import os; os.write(3, (5).to_bytes(8, 'big') + b'12345')", "a reply that could not be read"),
        (
            "import os; os.write(3, (50).to_bytes(8, 'big') + b'12'); os._exit(0)",
            "its process ended before it answered",
        ),
    ],
)
def test_run_says_in_a_sentence_why_there_is_no_answer_and_goes_on(run, answer, sentence):
    reply = run(answer, limit=1.0 if "within 1 s" in sentence else 60.0)
    assert sentence in str(reply.trouble)
    assert reply.outcomes == []
    assert shares(run(RIGHT)) == EXPECTED


@pytest.mark.parametrize("forged", ["{'outcomes': [], 'notes': []}", "{'outcomes': [{}, {}], 'notes': []}", "[1]"])
def test_run_believes_no_reply_of_another_form(run, forged):
    code = f"import os\nfrom autograder.sandbox import wire\nwire.write_frame(3, wire.encode({forged})); os._exit(0)"
    assert "could not be read" in str(run(code).trouble)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("", "the cell defines no trainable_fraction"),
        ("def trainable_fraction(model:\n    pass", "the cell itself fails: it raised SyntaxError"),
        ("1 / 0", "the cell itself fails: it raised ZeroDivisionError: division by zero"),
        ("import sys; sys.exit('bye')", "the cell itself fails: it raised SystemExit: bye"),
        ("trainable_fraction = 3", "is no function but of type int"),
        ("def trainable_fraction(model): raise NotImplementedError()", "it is not written yet (NotImplementedError)"),
        (  # what PyTorch says of a module without a forward, or of an operation that it lacks
            "def trainable_fraction(model): return torch.nn.Module()(1)",
            "it raised NotImplementedError: Module [Module] is missing",
        ),
        ("def trainable_fraction(model): raise SystemExit", "it raised SystemExit"),
        ("def trainable_fraction(model): raise KeyboardInterrupt", "it raised KeyboardInterrupt"),
        ("def trainable_fraction(model): raise ValueError(object())", "<object object at 0x…>"),
        ("def trainable_fraction(model): raise ValueError('a' * 10**7)", "…"),
        ("def trainable_fraction(model): raise ValueError('\\ud800')", "it raised ValueError: ?"),
        ("def trainable_fraction(model): return '\\ud800'", "cannot be sent to the grader: a text that is not Unicode"),
        ("def trainable_fraction(model): return 'a' * 2**22", "cannot be sent to the grader"),
        ("def trainable_fraction(model): import os; open(os.getcwd() + '/x')", "'~/x'"),
        ("import torch.nn\nfrom torch import nothing", "(~/torch/__init__.py)"),
    ],
)
def test_run_gives_an_error_in_words_where_the_answer_fails(run, answer, sentence):
    reply = run(answer)
    assert reply.trouble is None
    (error,) = errors(reply)
    assert sentence in error
    assert len(error) < 500 and "grading-" not in error


@pytest.mark.parametrize(
    "answer",
    [
        "from lib.freezing import trainable_fraction",
        "import lib.freezing\ndef trainable_fraction(model): return lib.freezing.trainable_fraction(model)",
        "from lib import freezing as f\ntrainable_fraction = lambda model: f.freeze(model)",
    ],
)
def test_run_withholds_the_reference_and_says_so(run, answer):
    (error,) = errors(run(answer))
    assert "this is what the exercise asks for: write it yourself" in error


@pytest.mark.parametrize(
    "module", ["autograder.exercises", "autograder.judge", "tests.alternatives", "nbgrader_config"]
)
def test_run_shows_learners_nothing_of_the_answers(run, module):
    (error,) = errors(run(f"import {module}"))
    assert "ModuleNotFoundError" in error


def test_run_tells_the_process_nothing_of_the_graders_environment(run):
    assert shares(run("import os\ndef trainable_fraction(m): return os.environ.get('A_SECRET')")) == [None, None]


# ---- what stands above an answer ----------------------------------------------------------------------------------

HELPED = "def trainable_fraction(model):\n    return share(model) if total(model) else 0.0"
HELPERS = (
    "import operator as op\ndef total(model):\n    return sum(map(op.methodcaller('numel'), model.parameters()))",
    "def share(model):\n    return sum(p.numel() for p in model.parameters() if p.requires_grad) / total(model)",
)


def test_run_lets_an_answer_use_helpers_of_other_cells(run):
    assert shares(run(HELPED, above=HELPERS)) == EXPECTED


@pytest.mark.parametrize(
    "amiss",
    ["import os; os._exit(0)", "while True: pass", "raise SystemExit", "not Python (", "def f(x, x): 0", "1 / 0"],
)
def test_run_is_not_disturbed_by_cells_above(run, amiss):
    assert shares(run(HELPED, above=(amiss, HELPERS[0], amiss, HELPERS[1], amiss))) == EXPECTED


def test_run_stops_a_cell_that_is_needed_and_loops_and_keeps_what_it_defined(run):
    above = ("options = {'a': 1}\nfor options['b'] in iter(int, 1): pass",)
    answer = f"{RIGHT}\ndef unused(): return options"
    start = time.monotonic()
    assert shares(run(answer, above=above)) == EXPECTED
    assert time.monotonic() - start < 15


def test_run_does_not_take_a_draft_for_the_answer(run):
    assert errors(run("def trainable_fraction(model:", above=(RIGHT,))) != {"none"}
    assert errors(run("x = trainable_fraction", above=(RIGHT,))) != {"none"}


def test_run_passes_over_what_fails_in_the_setup_cell_and_notes_it(run):
    reply = run(RIGHT, setup="import nothing_of_this_name\nfrom lib.freezing import unfreeze\nimport operator as op\n")
    assert shares(reply) == EXPECTED
    assert reply.notes == [
        "the setup cell, 'import nothing_of_this_name': "
        "it raised ModuleNotFoundError: No module named 'nothing_of_this_name'"
    ]


# ---- one answer after another -------------------------------------------------------------------------------------


def test_run_leaves_nothing_for_the_next(run):
    spoiler = "import torch, builtins, lib.freezing\ntorch.sum = builtins.sum = lib.freezing.unfreeze = None\n"
    assert shares(run(spoiler + "open('../mine.txt', 'w').write('1')\nimport os; os.chdir('/')")) == [None, None]
    assert shares(run(RIGHT)) == EXPECTED


def test_run_gives_the_same_twice_also_for_an_answer_that_draws(run):
    drawn = (
        "import random, numpy as np\ndef trainable_fraction(m): return random.random() + np.random.rand() + hash('a')"
    )
    first, second = run(drawn), run(drawn)
    assert first == second and None not in shares(first)


KILLER = """import contextlib, os, signal
with contextlib.suppress(PermissionError):
    os.kill(os.getppid(), signal.SIGKILL)
while True:
    pass"""


def test_a_learner_cannot_kill_the_process_that_runs_them_all(run, worker):
    assert shares(run(RIGHT)) == EXPECTED
    process = worker.place.process.pid
    assert run(KILLER, limit=2.0).trouble == "it did not finish within 2 s"
    assert shares(run(RIGHT)) == EXPECTED
    assert worker.place.process.pid == process


def test_run_starts_again_when_its_process_is_killed():
    job = Job("trainable_fraction", PROBE, CASES, RIGHT, SETUP)
    with Worker(ROOT, [], walled=False) as worker:
        assert shares(worker.run(job)) == EXPECTED
        assert "ended" in str(worker.run(replace(job, answer=KILLER)).trouble)
        assert shares(worker.run(job)) == EXPECTED


def test_run_moves_tensors_there_and_back(run):
    case = {
        "features": torch.randn(6, 2),
        "labels": torch.tensor([0, 1] * 3),
        "unseen": torch.randn(1, 2),
        "classes": 2,
    }
    probe = ("autograder.probes.lesson03", "fit_linear_head")
    answer = "def fit(features, labels, classes): return nn.Linear(2, classes)"
    (outcome,) = run(answer, name="fit", probe=probe, cases=[case]).outcomes
    assert outcome["observations"]["probabilities on the points it was fitted on"].shape == (6, 2)
    assert outcome["observations"]["features and labels are left alone"] is True


@pytest.mark.parametrize("walled", [True, False])
def test_stop_ends_the_child_that_is_at_work(walled):
    job = Job("f", PROBE, CASES, "while True: pass", limit=60.0)
    with Worker(ROOT, [], walled=walled) as worker:
        signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 30)
        try:
            worker.start()
            signal.setitimer(signal.ITIMER_REAL, 2)
            with pytest.raises(KeyboardInterrupt):
                worker.run(job)
            at_work = below(worker.place.process.pid)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert len(at_work) == (2 if walled else 1)  # the child, and between it and bwrap the process that forked it
    deadline = time.monotonic() + 10  # the kernel ends a namespace in its own time
    while any(Path(f"/proc/{process}").exists() for process in at_work) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [process for process in at_work if Path(f"/proc/{process}").exists()] == []


def below(process: int) -> list[int]:
    """The processes that descend from one."""
    children = [int(p) for p in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return children + [one for child in children for one in below(child)]


def interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def test_worker_says_why_it_does_not_start(tmp_path):
    with Worker(ROOT, []) as worker:
        (Path(worker.place.folder.name) / "library" / "autograder" / "sandbox" / "zygote.py").write_text("1 / 0")
        with pytest.raises(RuntimeError, match=r"did not start: ZeroDivisionError"):
            worker.run(Job("f", PROBE, CASES, RIGHT))


def test_worker_says_so_where_processes_cannot_be_forked(monkeypatch):
    monkeypatch.delattr(os, "fork")
    with pytest.raises(RuntimeError, match="use Linux, macOS or WSL"):
        Worker(ROOT, [])
