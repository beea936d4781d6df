"""A lesson's text, read: `solutions/NN_slug.py` becomes the instructor's notebook, with every exercise solved.

The text is in jupytext's percent format. Four marks on a cell are ours:

    # %% setup=true                     the imports; a grader runs this cell before an answer
    # %% [markdown] about="freeze"      the words before an exercise; its facts and hints are appended
    # %% exercise="freeze"              empty; the reference is quoted, its body between nbgrader's solution marks
    # %% check="freeze"                 empty; the call of the check, worth the exercise's points
"""

import ast
import hashlib
import inspect
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from autograder.exercise import Exercise, Implementation
from autograder.exercises import find, of_lesson

_KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_DOTS = {1: "●○○", 2: "●●○", 3: "●●●"}


def read_lesson(path: Path) -> NotebookNode:
    """The instructor's notebook of the lesson at `path`.

    Raises ValueError, naming the file, if an exercise of the lesson is missing, unknown or there twice, if it is
    another lesson's, or if there is not exactly one setup cell.
    """
    text = jupytext.read(path, fmt="py:percent")
    _validate(path, text)
    setup = next(cell.source for cell in text.cells if "setup" in cell.metadata)
    cells = [_cell(cell, setup) for cell in text.cells]
    _name_cells(path.stem, cells)
    notebook = nbformat.v4.new_notebook(metadata=_KERNEL, cells=cells, nbformat_minor=5)
    nbformat.validate(notebook)
    return notebook


def serialise(notebook: NotebookNode) -> bytes:
    """The notebook as bytes: the same notebook, the same bytes, on any machine."""
    return (nbformat.writes(notebook, version=4).rstrip("\n") + "\n").encode("utf-8")


# ---- cells --------------------------------------------------------------------------------------------------------


def _cell(cell: NotebookNode, setup: str) -> NotebookNode:
    marks = cell.metadata
    if "exercise" in marks:
        exercise = find(marks["exercise"])
        return _code(quote(exercise.reference, setup), exercise.name, _nbgrader(exercise.name, solution=True))
    if "check" in marks:
        exercise = find(marks["check"])
        grading = _nbgrader(f"check-{exercise.name}", points=exercise.points)
        return _code(f'check("{exercise.name}", {exercise.name})', f"check-{exercise.name}", grading)
    if "about" in marks:
        exercise = find(marks["about"])
        return nbformat.v4.new_markdown_cell(f"{cell.source}\n\n{_facts(exercise)}", id=f"about-{exercise.name}")
    if "setup" in marks:
        return _code(cell.source, "setup", {"setup": True})
    new = nbformat.v4.new_markdown_cell if cell.cell_type == "markdown" else nbformat.v4.new_code_cell
    return new(cell.source, id="unnamed")


def _code(source: str, name: str, metadata: dict[str, Any]) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, id=name, metadata=metadata)


def _nbgrader(grade_id: str, *, solution: bool = False, points: int | None = None) -> dict[str, Any]:
    marks = {"grade": points is not None, "grade_id": grade_id, "locked": not solution, "schema_version": 3}
    worth = {} if points is None else {"points": points}
    return {"nbgrader": marks | worth | {"solution": solution, "task": False}}


def _facts(exercise: Exercise) -> str:
    """Difficulty and minutes on a line, what earns points, then each hint behind a fold."""
    facts = (
        f"*Difficulty {_DOTS[exercise.difficulty]} · about {exercise.minutes} minutes · {exercise.points} points:*\n"
    )
    facts += "".join(f"\n- {one.sentence} ({one.points})" for one in exercise.properties)
    hints = (
        f"<details><summary>{summary}</summary>\n\n{hint}\n\n</details>"
        for summary, hint in zip(("A hint", "A plainer hint"), exercise.hints, strict=True)
    )
    return "\n\n".join([facts, *hints])


def _name_cells(lesson: str, cells: list[NotebookNode]) -> None:
    """Ids from names and contents, so that two runs give the same bytes and a mended cell changes its own id alone."""
    used = {cell.id for cell in cells}
    for cell in cells:
        if cell.id != "unnamed":
            continue
        count = 0
        while (name := _digest(lesson, cell.cell_type, cell.source, str(count))) in used:
            count += 1
        used.add(name)
        cell.id = name


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8")).hexdigest()[:8]


# ---- quotation ----------------------------------------------------------------------------------------------------


def quote(reference: Implementation, setup: str) -> str:
    """The reference's source with nbgrader's solution marks around its body.

    What it uses of its own module (functions, classes, constants), and imports that the setup cell lacks, stand inside
    the marks too: before the body's first line or, where helpers need them as well, above these.
    """
    source = inspect.getsource(sys.modules[reference.__module__])
    tree = ast.parse(source)
    function = _definition(tree, reference.__name__)
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    first = min([body[0].lineno, *_comment_lines(source, function.body[0].end_lineno or 0, body[0].lineno)])
    head, inside = _lines(source, _beginning(function), first - 1), _lines(source, first, function.end_lineno or 0)
    helpers = _helpers(tree, function)
    imports = "\n".join(_missing_imports(tree, [function, *helpers], setup))
    start = ["### BEGIN SOLUTION", *([imports, ""] if imports and not helpers else [])]
    blocks = [f"{head}\n{textwrap.indent(chr(10).join(start), '    ')}\n{inside}"]
    blocks += [imports] if imports and helpers else []
    blocks += [_lines(source, _beginning(helper), helper.end_lineno or 0) for helper in helpers]
    return "\n\n\n".join(blocks) + ("\n### END SOLUTION" if helpers else "\n    ### END SOLUTION")


def _definition(tree: ast.Module, name: str) -> ast.FunctionDef:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise ValueError(f"{name} is not a function at the top of its module: it cannot be quoted")


def _comment_lines(source: str, after: int, before: int) -> Iterator[int]:
    """Numbers of the comment lines between docstring and first statement."""
    lines = source.splitlines()
    return (number for number in range(after + 1, before) if lines[number - 1].strip().startswith("#"))


def _lines(source: str, first: int, last: int) -> str:
    return "\n".join(source.splitlines()[first - 1 : last])


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _beginning(node: ast.stmt) -> int:
    """The number of its first line, decorators included."""
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])


def _helpers(tree: ast.Module, function: ast.FunctionDef) -> list[ast.stmt]:
    """What `function` uses of its own module, and what that uses, in the order in which it stands."""
    known = {name: node for node in tree.body for name in _defined(node)}
    reached: set[str] = {function.name}
    waiting: list[ast.stmt] = [function]
    while waiting:
        used = (_names(waiting.pop()) & known.keys()) - reached
        reached |= used
        waiting += [known[name] for name in used]
    return [node for node in tree.body if node is not function and reached & set(_defined(node))]


def _defined(node: ast.stmt) -> list[str]:
    """The names that a definition or an assignment gives."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


def _missing_imports(tree: ast.Module, functions: Sequence[ast.stmt], setup: str) -> list[str]:
    needed = set().union(*map(_names, functions)) - {a.asname or a.name for _, a in _imports(ast.parse(setup))}
    return [
        f"from {module} import {alias.name}" if module else f"import {alias.name}"
        for module, alias in _imports(tree)
        if (alias.asname or alias.name) in needed
    ]


def _imports(tree: ast.Module) -> Iterator[tuple[str | None, ast.alias]]:
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield (node.module if isinstance(node, ast.ImportFrom) else None), alias


# ---- what a text must hold ----------------------------------------------------------------------------------------


def _validate(path: Path, text: NotebookNode) -> None:
    setups = sum("setup" in cell.metadata for cell in text.cells)
    if setups != 1:
        raise ValueError(f"{path.name}: expected one setup cell, found {setups}")
    expected = [exercise.name for exercise in of_lesson(path.stem)]
    for mark in ("about", "exercise", "check"):
        found = [cell.metadata[mark] for cell in text.cells if mark in cell.metadata]
        if sorted(found) != sorted(expected):
            raise ValueError(f'{path.name}: expected one cell {mark}="…" for each of {expected}, found {found}')
