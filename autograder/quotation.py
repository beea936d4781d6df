"""A reference's source, quoted for a lesson: what is given to a learner, and marks around what is to be written.

Given are a function's signature and docstring; of a class its docstring, the signatures and docstrings of its methods,
and what it only shows itself by (`extra_repr`). All else stands inside the marks, helpers and missing imports too.
"""

import ast
import builtins
import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.exercise import Implementation

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_GIVEN = {"extra_repr", "__repr__"}
_Definition = ast.FunctionDef | ast.ClassDef


@dataclass
class _Region:
    """Lines to be written by the learner: the first, counted from 1, the last, and how far the first is indented."""

    first: int
    last: int
    indent: int


def quote(reference: Implementation, setup: str) -> str:
    """The reference's source with nbgrader's solution marks around the bodies of the function, or of the methods.

    What it uses of its own module (functions, classes, constants), and imports that the setup cell lacks, stand inside
    the marks too: before the first line to be written or, where helpers need them as well, above these. Private methods
    belong to the method before them. Raises ValueError where the reference is neither a function nor a class with
    methods, at the top of its module, and where its signatures use a name that the setup cell does not import.
    """
    source = inspect.getsource(sys.modules[reference.__module__])
    tree, known = ast.parse(source), _imported(ast.parse(setup))
    definition = _definition(tree, reference.__name__)
    if unknown := _names_given(definition) - known - vars(builtins).keys():
        raise ValueError(f"{definition.name}: the setup cell does not import {', '.join(sorted(unknown))}")
    helpers = _helpers(tree, definition, known)
    imports = "\n".join(_missing_imports(tree, [definition, *helpers], known))
    inside = isinstance(definition, ast.FunctionDef) and not helpers
    lines = _marked(source, definition, [*imports.splitlines(), ""] if imports and inside else [])
    blocks = [imports] if imports and not inside else []
    blocks += [_lines(source, _beginning(helper), helper.end_lineno or 0) for helper in helpers]
    if not blocks:
        return "\n".join(lines)
    if lines.pop().strip() != END:  # else the last region goes on to the end of the blocks
        raise ValueError(f"{definition.name} ends in lines that are given: what it needs besides has no place after it")
    return "\n\n\n".join(["\n".join(lines), *blocks]) + f"\n{END}"


def whole(reference: Implementation) -> str:
    """The reference's source as it stands in its module, with what it uses there; without marks and imports.

    Raises ValueError where it is neither a function nor a class at the top of its module.
    """
    source = inspect.getsource(sys.modules[reference.__module__])
    tree = ast.parse(source)
    definition = _definition(tree, reference.__name__)
    parts = [definition, *_helpers(tree, definition, set())]
    return "\n\n\n".join(_lines(source, _beginning(part), part.end_lineno or 0) for part in parts)


def _marked(source: str, definition: _Definition, before: list[str]) -> list[str]:
    """The lines of the definition with marks around each region, and `before` at the beginning of the first."""
    given, lines, start = source.splitlines(), list[str](), _beginning(definition)
    for region in _regions(source, definition):
        margin = " " * region.indent
        lines += [*given[start - 1 : region.first - 1], margin + BEGIN]
        lines += [(margin + line).rstrip() for line in before]
        lines += [*given[region.first - 1 : region.last], margin + END]
        start, before = region.last + 1, []
    return lines + given[start - 1 : definition.end_lineno]


def _regions(source: str, definition: _Definition) -> Iterator[_Region]:
    if isinstance(definition, ast.FunctionDef):
        yield _body(source, definition)
        return
    region: _Region | None = None
    for node in definition.body:
        if isinstance(node, ast.FunctionDef) and not _is_private(node.name):
            if region:
                yield region
            region = None if node.name in _GIVEN else _body(source, node)
        elif region:
            region.last = node.end_lineno or 0
    if region:
        yield region


def _body(source: str, function: ast.FunctionDef) -> _Region:
    """A function's body without its docstring, the comments before its first statement included."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    comments = _comment_lines(source, function.body[0].end_lineno or 0, body[0].lineno)
    return _Region(min([body[0].lineno, *comments]), function.end_lineno or 0, body[0].col_offset)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _definition(tree: ast.Module, name: str) -> _Definition:
    for node in tree.body:
        if isinstance(node, _Definition) and node.name == name:
            return node
    raise ValueError(f"{name} is no function or class at the top of its module: it cannot be quoted")


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


def _names_given(definition: _Definition) -> set[str]:
    """The names of which the lines that stay in a learner's notebook need to know when they are run."""
    parts = [*_signature(definition)]
    if isinstance(definition, ast.ClassDef):
        methods = (node for node in definition.body if isinstance(node, ast.FunctionDef))
        parts += [part for method in methods if not _is_private(method.name) for part in _signature(method)]
    return set().union(*map(_names, parts)) - {definition.name}


def _signature(definition: _Definition) -> list[ast.AST]:
    if isinstance(definition, ast.ClassDef):
        return [*definition.decorator_list, *definition.bases]
    return [*definition.decorator_list, definition.args, *filter(None, [definition.returns])]


def _helpers(tree: ast.Module, definition: _Definition, given: set[str]) -> list[ast.stmt]:
    """What `definition` uses of its own module, and what that uses, in the order in which it stands; not the given."""
    known = {name: node for node in tree.body for name in _defined(node) if name not in given}
    reached: set[str] = {definition.name}
    waiting: list[ast.stmt] = [definition]
    while waiting:
        used = (_names(waiting.pop()) & known.keys()) - reached
        reached |= used
        waiting += [known[name] for name in used]
    return [node for node in tree.body if node is not definition and reached & set(_defined(node))]


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


def _missing_imports(tree: ast.Module, parts: Sequence[ast.stmt], known: set[str]) -> list[str]:
    needed = set().union(*map(_names, parts)) - known
    return [
        f"from {module} import {alias.name}" if module else f"import {alias.name}"
        for module, alias in _imports(tree)
        if (alias.asname or alias.name) in needed
    ]


def _imported(tree: ast.Module) -> set[str]:
    return {alias.asname or alias.name for _, alias in _imports(tree)}


def _imports(tree: ast.Module) -> Iterator[tuple[str | None, ast.alias]]:
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield (node.module if isinstance(node, ast.ImportFrom) else None), alias
