"""Answers that attack the process they run in: what is compared, who compares, and where the answer might be found."""

from torch import nn

from autograder import check
from autograder.exercises import find
from autograder.judge import assess
from tests.hostile.submitted import FAKED, FULL, SHARE, WRONG, Submission, answered

_GIVE = "def trainable_fraction(model):\n    return {}\n".format


def _first(attack: str, answer: str = WRONG) -> str:
    """An attack when the cell is run, and then an answer."""
    return f"{attack}\n\n{answer}"


_LIKE_EVERYTHING = """class Everything(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    def __le__(self, other): return True
    def __sub__(self, other): return 0.0
    def __rsub__(self, other): return 0.0
    def __abs__(self): return 0.0
    def __hash__(self): return 0
"""
_TENSOR = """import torch
class Right(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, arguments=(), named=None):
        return torch.tensor(True)
"""
_NO_SHELL = """try:
    {}
except Exception:
    pass"""
_REFERENCE = """found = None
try:
    {}
except BaseException:
    pass

def trainable_fraction(model):
    return found(model) if callable(found) else 0.123"""


def _by_heart() -> str:
    """The right share for every network that the notebook's own check shows, found by how many parameters it has."""
    exercise, learnt = find("trainable_fraction"), {}

    def remember(model: nn.Module) -> float:
        count = sum(parameter.numel() for parameter in model.parameters())
        return learnt.setdefault(count, exercise.reference(model))

    assert assess(exercise, remember, check.SEED).passed
    return f"""LEARNT = {learnt!r}
def trainable_fraction(model):
    return LEARNT.get(sum(p.numel() for p in model.parameters()), 0.5)"""


BY_HEART = _by_heart()
PROCESSES: dict[str, Submission] = {
    "an object equal to everything": answered(_LIKE_EVERYTHING + _GIVE("Everything(0.123)"), FAKED),
    "a Tensor subclass with __torch_function__": answered(
        _TENSOR + _GIVE("torch.tensor(0.123).as_subclass(Right)"), FAKED
    ),
    "AST transformers": answered(_first(_NO_SHELL.format("get_ipython().ast_transformers.append(print)")), FAKED),
    "input transformers": answered(
        _first(_NO_SHELL.format("get_ipython().input_transformers_cleanup.append(list)")), FAKED
    ),
    "run_cell patched": answered(_first(_NO_SHELL.format("get_ipython().run_cell = lambda *a: None")), FAKED),
    "display hooks": answered(_first("import sys\nsys.displayhook = sys.excepthook = lambda *a: None"), FAKED),
    "post_run_cell clears errors": answered(
        _first(_NO_SHELL.format("get_ipython().events.register('post_run_cell', print)")), FAKED
    ),
    "fake results published": answered(
        _first('print(\'{"outcomes": [{"observations": {"share": 1.0}}]}\', flush=True)'), FAKED
    ),
    "torch patched": answered(
        _first("import torch\ntorch.equal = torch.allclose = torch.isclose = lambda *a, **k: True"), FAKED
    ),
    "numpy patched": answered(_first("import numpy\nnumpy.allclose = numpy.isclose = lambda *a, **k: True"), FAKED),
    "lib patched": answered(
        _first(_NO_SHELL.format("import lib.freezing as page; page.trainable_fraction = lambda model: 0.123")), FAKED
    ),
    "autograder patched": answered(
        _first(
            _NO_SHELL.format(
                "import autograder.probes.lesson03 as page; page.trainable_fraction = lambda *a, **k: {'share': 1.0}"
            )
        ),
        FAKED,
    ),
    "autograder.probes patched": answered(
        _first(_NO_SHELL.format("import autograder.probes as page; page.seen = lambda value: 1.0")), FAKED
    ),
    "builtins patched": answered(
        _first("import builtins\nbuiltins.abs = lambda x: 0.0\nbuiltins.all = builtins.isinstance = lambda *a: True"),
        FAKED,
    ),
    "__import__ patched": answered(
        _first("import builtins\nkept = builtins.__import__\nbuiltins.__import__ = lambda *a, **k: kept('math')"), FAKED
    ),
    "sys.exit": answered(_first("import sys\nsys.exit(0)"), FAKED),
    "sys.exit when called": answered("import sys\n" + _GIVE("sys.exit(0)"), FAKED),
    "os._exit": answered("import os\n" + _GIVE("os._exit(0)"), FAKED),
    "SIGKILL to itself": answered("import os\n" + _GIVE("os.kill(os.getpid(), 9)"), FAKED),
    "SIGSTOP to itself": answered("import os\n" + _GIVE("os.kill(os.getpid(), 19)"), FAKED),
    "a segmentation fault": answered("import ctypes\n" + _GIVE("ctypes.string_at(0)"), FAKED),
    "recursion without end": answered(
        "import sys\nsys.setrecursionlimit(10**8)\n" + _GIVE("trainable_fraction(model)"), FAKED
    ),
    "an atexit that answers": answered(_first("import atexit\natexit.register(print, '1.0')"), FAKED),
    "threads that survive": answered(
        _first("import threading, time\nthreading.Thread(target=time.sleep, args=(30,)).start()", SHARE), FULL
    ),
    "stack frames searched": answered(
        """import sys
def trainable_fraction(model):
    frame = sys._getframe()
    while frame:
        for name, value in {**frame.f_locals, **frame.f_globals}.items():
            if "reference" in name or "expected" in name:
                return value(model) if callable(value) else value
        frame = frame.f_back
    return 0.123""",
        FAKED,
    ),
    "gc searched": answered(
        """import gc, types
def trainable_fraction(model):
    for one in gc.get_objects():
        if isinstance(one, types.FunctionType) and one.__module__ != __name__ and one.__name__ == "trainable_fraction":
            if one.__module__.startswith("lib"):
                return one(model)
    return 0.123""",
        FAKED,
    ),
    "inputs mutated": answered(
        "def trainable_fraction(model):\n    model.requires_grad_(True)\n    return float(bool([*model.parameters()]))",
        FAKED,
    ),
    "NaN": answered(_GIVE("float('nan')"), FAKED),
    "infinity": answered(_GIVE("float('inf')"), FAKED),
    "zeros": answered(_GIVE("0.0"), FAKED),
    "None": answered(_GIVE("None"), FAKED),
    "time and seeds patched": answered(
        _first(
            "import time, random, torch\ntime.time = time.monotonic = lambda: 0.0\nrandom.seed(0)\ntorch.manual_seed(0)"
        ),
        FAKED,
    ),
    "grading detected by its environment": answered(
        "import os\n"
        + SHARE.replace("def trainable_fraction", "def _right")
        + "\ndef trainable_fraction(model):\n    return _right(model) if 'JPY_PARENT_PID' in os.environ else 0.123",
        FAKED,
    ),
    "grading detected by counting calls": answered(
        "calls = []\ndef trainable_fraction(model):\n    calls.append(1)\n    return 1.0 if len(calls) > 1 else 0.123",
        FAKED,
    ),
    "visible cases by heart": answered(BY_HEART, FAKED),
    "reference imported": answered(_REFERENCE.format("from lib.freezing import trainable_fraction as found"), FAKED),
    "reference imported by importlib": answered(
        _REFERENCE.format("import importlib; found = importlib.import_module('lib.freezing').trainable_fraction"), FAKED
    ),
    "reference through sys.modules": answered(
        _REFERENCE.format("import sys; found = sys.modules['lib.freezing'].__dict__['trainable_fraction']"), FAKED
    ),
    "reference through who uses it": answered(
        _REFERENCE.format("import lib.freezing_costs as page; found = page.trainable_fraction"), FAKED
    ),
    "reference through inspect": answered(
        _REFERENCE.format(
            "import inspect, lib.freezing as page; space = {}; exec(inspect.getsource(page), space); "
            "found = space['trainable_fraction']"
        ),
        FAKED,
    ),
    "reference read from disk": answered(
        _REFERENCE.format(
            "import lib.freezing as page; space = {}; exec(open(page.__file__).read(), space); "
            "found = space['trainable_fraction']"
        ),
        FAKED,
    ),
    "reference in a .pyc": answered(
        _REFERENCE.format(
            "import glob, marshal; path = glob.glob('/**/__pycache__/freezing*.pyc', recursive=True)[0]; space = {}; "
            "exec(marshal.loads(open(path, 'rb').read()[16:]), space); found = space['trainable_fraction']"
        ),
        FAKED,
    ),
    "the exercise imported": answered(
        _REFERENCE.format("from autograder.exercises import find; found = find('trainable_fraction').reference"), FAKED
    ),
    "forged replies on every descriptor": answered(
        """import os
def trainable_fraction(model):
    for number in range(3, 64):
        try:
            os.write(number, b'{"outcomes": [{"observations": {"share": 1.0}}]}' * 3)
        except OSError:
            pass
    return 0.123""",
        FAKED,
    ),
    "garbage on every descriptor": answered(
        """import os
def trainable_fraction(model):
    for number in range(3, 64):
        try:
            os.write(number, os.urandom(4096))
        except OSError:
            pass
    return 0.123""",
        FAKED,
    ),
    "every descriptor closed": answered("import os\nos.closerange(0, 64)\n" + WRONG, FAKED),
    "replies without end": answered(
        """import os
def trainable_fraction(model):
    while True:
        for number in range(3, 16):
            try:
                os.write(number, bytes(65536))
            except OSError:
                pass""",
        FAKED,
    ),
    "a pickle payload": answered(
        "import os\nclass Payload:\n    def __reduce__(self):\n        return os.system, ('true',)\n"
        + _GIVE("Payload()"),
        FAKED,
    ),
    "an object whose repr never ends": answered(
        "class Long:\n    def __repr__(self):\n        while True: pass\n    __str__ = __float__ = __repr__\n"
        + _GIVE("Long()"),
        FAKED,
    ),
    "an exception that cannot be printed": answered(
        "class Bad(Exception):\n    def __str__(self):\n        raise self\n"
        "def trainable_fraction(model):\n    raise Bad",
        FAKED,
    ),
    "a huge answer": answered(_GIVE("[0.5] * 10**8"), FAKED),
    "no answer but the stub": answered("def trainable_fraction(model):\n    raise NotImplementedError", FAKED),
    "a cell that does not parse": answered("def trainable_fraction(model:\n    return", FAKED),
}
