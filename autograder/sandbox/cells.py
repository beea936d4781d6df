"""Cells taken apart: what of them is Python, and which statements above an answer it needs.

Only definitions that an answer uses are run before it. A demonstration that trains for an hour, a cell that loops for
ever or ends the process: none of them matters to an answer that does not build on it.
"""

import ast
import re
import symtable
from collections.abc import Iterator
from typing import NamedTuple

_KEPT_MAGICS = ("%%time", "%%timeit", "%%capture")  # what stands below them is Python
_EVERYTHING = "*"


class Statement(NamedTuple):
    """A statement at the top of a cell: the names that it defines or changes, and the global names that it uses."""

    node: ast.stmt
    defined: frozenset[str]
    used: frozenset[str]


def python_only(source: str) -> str:
    """The cell without its magics: where it is not Python as it stands, lines that begin with %, ! or ? are dropped.

    A line that ends in ? (a question for help) is dropped as well, and a cell in another language (%%bash) whole.
    """
    if source.lstrip().startswith("%%") and not source.lstrip().startswith(_KEPT_MAGICS):
        return ""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return re.sub(r"^([ \t]*)([%!?].*|\S.*\?[ \t]*)$", r"\1pass", source, flags=re.MULTILINE)
    return source


def statements(nodes: list[ast.stmt]) -> list[Statement]:
    """What stands at the top of a cell, with its names. Raises SyntaxError where Python would not compile it."""
    tables = [symtable.symtable(ast.unparse(node), "<cell>", "exec") for node in nodes]
    return [
        Statement(node, frozenset(_defined(node, table)), frozenset(_used(table)))
        for node, table in zip(nodes, tables, strict=True)
    ]


def needed(answer: list[Statement], above: list[Statement]) -> list[Statement]:
    """Those of the statements above that define what the answer uses, or what one of these uses; in their order."""
    wanted = {_EVERYTHING}.union(*(one.used for one in answer))
    chosen: set[int] = set()
    while more := {i for i, one in enumerate(above) if i not in chosen and one.defined & wanted}:
        chosen |= more
        wanted = wanted.union(*(above[i].used for i in more))
    return [above[i] for i in sorted(chosen)]


def _defined(node: ast.stmt, table: symtable.SymbolTable) -> Iterator[str]:
    """Names bound, and names whose attributes or entries are set, or whose method is called for its effect."""
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported():
            yield symbol.get_name()
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        yield _EVERYTHING
    for part in _effects(node):
        while isinstance(part, ast.Attribute | ast.Subscript):
            part = part.value
        if isinstance(part, ast.Name):
            yield part.id


def _effects(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.Assign | ast.Delete):
        return list(node.targets)
    if isinstance(node, ast.AugAssign | ast.AnnAssign):
        return [node.target]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return [node.value.func] if isinstance(node.value.func, ast.Attribute) else []
    return []


def _used(table: symtable.SymbolTable) -> Iterator[str]:
    tables = [table]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        at_top = table.get_type() == "module"
        yield from (s.get_name() for s in table.get_symbols() if s.is_referenced() and (at_top or s.is_global()))
