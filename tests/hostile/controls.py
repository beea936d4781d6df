"""Right answers in many styles, which print, warn, plot and leave things running: each of them gets everything."""

from tests.hostile.submitted import FREEZE, FULL, SHARE, Submission, answered, changed

_NUMPY = """import numpy as np
def trainable_fraction(model):
    sizes = np.array([p.numel() for p in model.parameters()], dtype=np.int64)
    learns = np.array([p.requires_grad for p in model.parameters()], dtype=bool)
    return np.float64(sizes[learns].sum() / sizes.sum()) if sizes.size else np.float64(0)"""
_LOOPS = """def trainable_fraction(model):
    total = 0
    moving = 0
    for _, parameter in model.named_parameters():
        count = 1
        for side in parameter.shape:
            count *= side
        total += count
        if parameter.requires_grad:
            moving += count
    if total == 0:
        return 0
    return moving / total"""
_TENSOR = """import torch
def trainable_fraction(model):
    sizes = torch.tensor([p.numel() for p in model.parameters()] or [1], dtype=torch.float64)
    learns = torch.tensor([p.requires_grad for p in model.parameters()] or [False], dtype=torch.float64)
    return ((sizes * learns).sum() / sizes.sum()).item()"""
_FRACTION = """from fractions import Fraction
def trainable_fraction(model):
    parameters = list(model.parameters())
    if not parameters:
        return 0.0
    return float(Fraction(sum(p.numel() * p.requires_grad for p in parameters), sum(p.numel() for p in parameters)))"""
_LAMBDA = """trainable_fraction = lambda model: (
    sum(p.numel() for p in model.parameters() if p.requires_grad)
    / max(1, sum(p.numel() for p in model.parameters()))
)"""
_CALLABLE = """class _Share:
    def __call__(self, model):
        counts = [(p.numel(), p.requires_grad) for p in model.parameters()]
        return sum(n for n, learns in counts if learns) / sum(n for n, _ in counts) if counts else 0.0
trainable_fraction = _Share()"""
_DECORATED = (
    """import functools
def noisy(function):
    @functools.wraps(function)
    def inner(*arguments, **named):
        print("called with", arguments)
        return function(*arguments, **named)
    return inner
@noisy
"""
    + SHARE
)
_RECURSIVE = """def trainable_fraction(model, _seen=None):
    seen = {}
    def walk(module):
        for parameter in module._parameters.values():
            if parameter is not None:
                seen[id(parameter)] = parameter
        for child in module._modules.values():
            if child is not None:
                walk(child)
    walk(model)
    total = sum(p.numel() for p in seen.values())
    return sum(p.numel() for p in seen.values() if p.requires_grad) / total if total else 0.0"""
_DATACLASS = """from __future__ import annotations
from dataclasses import dataclass
@dataclass
class Count:
    moving: int = 0
    total: int = 0
def trainable_fraction(model: nn.Module) -> float:
    count = Count()
    for p in model.parameters():
        count.total += p.numel()
        count.moving += p.numel() if p.requires_grad else 0
    return count.moving / count.total if count.total else 0.0"""
_HOOKS = """def freeze(module):
    for parameter in module.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None
    for layer in module.modules():
        layer.eval()
        layer.register_forward_pre_hook(lambda layer, _: layer.eval() and None)
    return module"""


def _before(lines: str) -> Submission:
    return answered(f"{lines}\n\n{SHARE}", FULL)


def _helper_above(content):
    helper = "def count_of(parameters):\n    return sum(p.numel() for p in parameters)"
    cells = content["cells"]
    place = next(i for i, cell in enumerate(cells) if cell["id"] == "trainable_fraction")
    cells.insert(place, {"cell_type": "code", "id": "mine", "metadata": {}, "outputs": [], "source": helper})


_WITH_HELPER = """def trainable_fraction(model):
    moving = count_of(p for p in model.parameters() if p.requires_grad)
    return moving / count_of(model.parameters()) if moving else 0.0"""

CONTROLS: dict[str, Submission] = {
    "plain": answered(SHARE, FULL),
    "in numpy": answered(_NUMPY, FULL),
    "in loops": answered(_LOOPS, FULL),
    "in tensors": answered(_TENSOR, FULL),
    "in fractions": answered(_FRACTION, FULL),
    "as a lambda": answered(_LAMBDA, FULL),
    "as an object that can be called": answered(_CALLABLE, FULL),
    "decorated": answered(_DECORATED, FULL),
    "recursive": answered(_RECURSIVE, FULL),
    "with a dataclass and annotations": answered(_DATACLASS, FULL),
    "with a helper in a cell above": changed(_helper_above, FULL, trainable_fraction=_WITH_HELPER),
    "the other answer by hooks": changed(lambda _: None, FULL, freeze=_HOOKS),
    "with warnings": _before("import warnings\nwarnings.warn('careful')\nwarnings.warn('old', DeprecationWarning)"),
    "with warnings as errors for others": _before("import warnings\nwarnings.simplefilter('error')"),
    "with prints": _before("print('hello', '\\x1b[31mred\\x1b[0m')\nimport sys\nprint('oops', file=sys.stderr)"),
    "with a progress bar": _before("for i in range(50):\n    print(f'\\r{2 * i} %', end='')"),
    "with a plot": _before("import matplotlib.pyplot as plt\nplt.plot([1, 2], [3, 4])\nplt.show()"),
    "with threads of its own": _before(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(4) as pool:\n    assert sum(pool.map(abs, range(-3, 3))) == 9"
    ),
    "with a thread left running": _before(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    ),
    "with a process of its own": _before(
        "import os\nchild = os.fork()\nif child == 0:\n    os._exit(0)\nassert os.waitpid(child, 0)[1] == 0"
    ),
    "with training of its own": _before(
        "import torch\nfit = torch.nn.Linear(4, 1)\nfor _ in range(20):\n"
        "    fit(torch.ones(8, 4)).sum().backward()\nassert fit.weight.grad is not None"
    ),
    "with seeds set": _before(
        "import random, numpy, torch\nrandom.seed(1)\nnumpy.random.seed(1)\ntorch.manual_seed(1)"
    ),
    "with double precision as the default": changed(
        lambda _: None, FULL, freeze=f"import torch\ntorch.set_default_dtype(torch.float64)\n{FREEZE}"
    ),
    "with gradients switched off": changed(
        lambda _: None, FULL, freeze=f"import torch\ntorch.set_grad_enabled(False)\n{FREEZE}"
    ),
    "with assertions": _before("assert sum([1, 2]) == 3, 'arithmetic'"),
    "with a scratch file": _before(
        "with open('notes.txt', 'w') as file:\n    file.write('mine')\nassert open('notes.txt').read() == 'mine'"
    ),
    "with IPython's magic in front": _before("%matplotlib inline\n!true"),
    "with a top-level return value": _before("3 + 4"),
    "with unusual names": _before("größe = 3\nπ = 3.14"),
    "with Windows line ends": answered(SHARE.replace("\n", "\r\n"), FULL),
    "with tabs": answered(SHARE.replace("    ", "\t"), FULL),
}
