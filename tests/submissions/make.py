"""Make the submissions in this folder anew: `python tests/submissions/make.py`.

They are the released notebook of lesson 3 with some learners' answers in it. They stand for work handed in at some time
in the past: they need not be made anew when the lesson changes, and nothing compares them with it.
"""

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
LESSON = "03_feature_extraction_vs_fine_tuning"
RELEASED = HERE.parents[1] / "course" / LESSON / f"{LESSON}.ipynb"
EXERCISES = ("trainable_fraction", "freeze", "replace_head", "extract_features", "fit_linear_head")
GIVEN = {"import torch", "import torch.nn.functional as F", "from torch import nn"}  # by the lesson's setup cell

Notebook = dict


def alternative(exercise: str, style: str) -> str:
    """The right answer <exercise>_<style> of tests/alternatives under the exercise's name, with what it needs."""
    source = (HERE.parent / "alternatives" / LESSON / f"{exercise}.py").read_text(encoding="utf-8")
    wanted, kept = {f"{exercise}_{style}"}, []
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in wanted:
            wanted |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            kept.insert(0, "\n".join(source.splitlines()[first - 1 : node.end_lineno]))
        imported = node.names if isinstance(node, ast.Import | ast.ImportFrom) else []
        if any((alias.asname or alias.name) in wanted for alias in imported) and ast.unparse(node) not in GIVEN:
            kept.insert(0, ast.unparse(node))
    return "\n\n".join(kept).replace(f"{exercise}_{style}", exercise)


STYLES = {
    "plain": ("by_loop", "by_bound_methods", "by_walking", "by_loop", "by_gradient_descent"),
    "other": ("by_numpy", "by_hooks", "by_recursion", "by_loader", "by_scipy"),
    "third": ("as_a_class", "recursively", "by_name", "into_place", "by_decoupled_groups"),
}


def answers(style: str, **own: str) -> dict[str, str]:
    """Right answers in a style, except for the learner's `own`."""
    names = zip(EXERCISES, STYLES[style], strict=True)
    return {exercise: alternative(exercise, name) for exercise, name in names} | own


# ---- what learners wrote ------------------------------------------------------------------------------------------

COUNTS_TENSORS = """def trainable_fraction(model):
    flags = [p.requires_grad for p in model.parameters()]
    return sum(flags) / len(flags) if flags else 0.0
"""
EVALUATION_ONCE = """def freeze(module):
    for p in module.parameters():
        p.requires_grad = False
        p.grad = None
    module.eval()
    return module
"""
TRAINING_MODE = """@torch.no_grad()
def extract_features(backbone, images, batch_size=256):
    out = [backbone(batch) for batch in images.split(batch_size)]
    return torch.cat(out)
"""
BIAS_PENALISED = """def fit_linear_head(features, labels, classes, penalty=1e-3):
    head = nn.Linear(features.shape[1], classes).to(features)
    opt = torch.optim.SGD(head.parameters(), lr=0.5, weight_decay=penalty)
    for step in range(1000):
        opt.zero_grad()
        F.cross_entropy(head(features), labels).backward()
        opt.step()
    return head
"""
ENDS_THE_PROCESS = """import os

def freeze(module):
    os._exit(1)
"""
LEAVES_AT_ONCE = """import sys

if not torch.cuda.is_available():
    sys.exit("I need a GPU")

def replace_head(model, classes, *, hidden=None, dropout=0.0):
    model.fc = nn.Linear(model.fc.in_features, classes)
    return model
"""
RAISES = """def extract_features(backbone, images, batch_size=256):
    raise RuntimeError("no idea <script>alert('hello')</script>")
"""
LOOPS = """def extract_features(backbone, images, batch_size=256):
    start, out = 0, []
    while start < len(images):
        out.append(backbone(images[start : start + batch_size]))
    return torch.cat(out)
"""
NOISE = """import threading, time, warnings
import matplotlib.pyplot as plt

def tick():
    while True:
        time.sleep(0.01)

threading.Thread(target=tick).start()
"""
NOISY = """
print("frozen?", "yes" * 1000)
warnings.warn("this may take a while")
plt.plot([1, 2, 3])
plt.show()
"""
FREEZES_LOUDLY = """def freeze(module):
    print("freezing", module)
    warnings.warn("careful")
    threading.Thread(target=tick).start()
    plt.figure()
    for param in module.parameters():
        param.requires_grad = False
        param.grad = None
    for layer in module.modules():
        layer.eval()
        layer.train = lambda mode=True, layer=layer: layer
    return module
"""


def code(source: str, name: str) -> dict:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }


def released(path: Path) -> Notebook:
    return json.loads(path.read_text(encoding="utf-8"))


def filled(notebook: Notebook, own: dict[str, str], *extra: tuple[str, str, str]) -> str:
    """The notebook with `own` sources in the cells of these ids, and `extra` ones: before which id, own id, source."""
    cells = []
    for cell in notebook["cells"]:
        cells += [code(source, name) for before, name, source in extra if before == cell["id"]]
        if cell["id"] in own:
            cell = cell | {"source": own[cell["id"]].splitlines(keepends=True)}
        cells.append(cell)
    return written(notebook | {"cells": cells})


def written(notebook: Notebook) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def without(name: str, text: str) -> str:
    notebook = json.loads(text)
    return written(notebook | {"cells": [cell for cell in notebook["cells"] if cell["id"] != name]})


def without_ids(text: str) -> str:
    """As JupyterLab before version 3 wrote it."""
    notebook = json.loads(text)
    cells = [{key: value for key, value in cell.items() if key != "id"} for cell in notebook["cells"]]
    return written(notebook | {"cells": cells, "nbformat_minor": 4})


def with_helpers_apart(own: dict[str, str]) -> tuple[dict[str, str], tuple[str, str, str]]:
    """Imports and helpers of replace_head and trainable_fraction in a cell of the learner's own."""
    moved, rest = [], dict(own)
    for name in ("trainable_fraction", "replace_head"):
        head, definition = own[name].split(f"def {name}", 1)
        moved.append(head)
        rest[name] = f"def {name}{definition}"
    return rest, ("trainable_fraction", "my-helpers", "\n".join(moved))


def emmy(notebook: Notebook) -> str:
    own, helpers = with_helpers_apart(answers("other"))
    return filled(notebook, own, helpers)


LEARNERS: dict[str, Callable[[Notebook], str]] = {
    "ada": lambda n: filled(n, answers("plain")),
    "emmy": emmy,
    "grace": lambda n: filled(
        n,
        answers(
            "third",
            trainable_fraction=COUNTS_TENSORS,
            freeze=EVALUATION_ONCE,
            extract_features=TRAINING_MODE,
            fit_linear_head=BIAS_PENALISED,
        ),
    ),
    "niels": lambda n: filled(n, {}),
    "kurt": lambda n: filled(
        n, answers("plain", freeze=ENDS_THE_PROCESS, replace_head=LEAVES_AT_ONCE, extract_features=RAISES)
    ),
    "zeno": lambda n: filled(
        n, answers("third", extract_features=LOOPS), ("freeze", "my-loop", "step = 0\nwhile step < 10:\n    pass\n")
    ),
    "lise": lambda n: without("fit_linear_head", filled(n, answers("other"))),
    "max": lambda n: filled(n, answers("plain"))[:2500],
    "sofia": lambda n: without_ids(filled(n, answers("third"))),
    "rosa": lambda n: filled(
        n,
        answers("plain", freeze=FREEZES_LOUDLY + NOISY),
        ("trainable_fraction", "my-noise", NOISE + NOISY),
    ),
    "alan": lambda n: filled(n, answers("other"), ("freeze", "my-draft", EVALUATION_ONCE)),
}


def main(source: Path) -> None:
    for student, make in LEARNERS.items():
        path = HERE / student / LESSON / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(released(source)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else RELEASED)
