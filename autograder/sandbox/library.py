"""The project as a learner's code may know it: `lib` without what the lesson asks for, the probes, and the sandbox."""

import ast
import shutil
from collections.abc import Iterable
from pathlib import Path

SENTENCE = "this is what the exercise asks for: write it yourself"
_SKIPPED = shutil.ignore_patterns("__pycache__", ".*")


def build(folder: Path, root: Path, withheld: Iterable[tuple[str, str]]) -> None:
    """Copy into `folder` what may be imported of the project at `root`; nothing refers back to it.

    withheld: pairs of a module of `lib` and the name of a function or class in it. In the copy it keeps its signature
    and docstring, and raises NotImplementedError. Raises ValueError where there is no such function or class.
    """
    shutil.copytree(root / "lib", folder / "lib", ignore=_SKIPPED)
    for part in ("probes", "sandbox"):
        shutil.copytree(root / "autograder" / part, folder / "autograder" / part, ignore=_SKIPPED)
    shutil.copy(root / "autograder" / "__init__.py", folder / "autograder")
    for idle in ("check.py", "progress.py"):
        shutil.copy(root / "autograder" / "sandbox" / "no_check.py", folder / "autograder" / idle)
    withhold(folder, withheld)


def withhold(folder: Path, names: Iterable[tuple[str, str]]) -> None:
    """Take these out of the copy in `folder`; arguments and errors are those of `build`."""
    for module, name in names:
        _withhold(_file(folder, module), name)


def _file(folder: Path, module: str) -> Path:
    path = folder.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _withhold(path: Path, name: str) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            documented = ast.get_docstring(node) is not None
            node.body = [*(node.body[:1] if documented else []), *_refusal(node)]
            path.write_text(ast.unparse(tree), encoding="utf-8")
            return
    raise ValueError(f"{path.name} holds no function or class {name}")


def _refusal(node: ast.FunctionDef | ast.ClassDef) -> list[ast.stmt]:
    source = f"raise NotImplementedError({SENTENCE!r})"
    if isinstance(node, ast.ClassDef):
        source = f"def __init__(self, *arguments, **named):\n    {source}"
    return ast.parse(source).body
