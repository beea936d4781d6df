"""Which cells of a notebook have to be run before one of them can be."""

import ast
import builtins
from collections.abc import Sequence

from nbformat import NotebookNode

Names = tuple[set[str], set[str]]


def needed(cells: Sequence[NotebookNode], last: str) -> list[str]:
    """The ids of the code cells that give what the cell `last` uses, and what those use, in order; its own last."""
    code = [cell for cell in cells if cell.cell_type == "code"]
    names = {cell.id: _names(cell.source) for cell in code}
    order = [cell.id for cell in code]
    found, waiting = set[str](), [last]
    while waiting:
        user = waiting.pop()
        if user in found:
            continue
        found.add(user)
        before = order[: order.index(user)]
        for name in names[user][1] - vars(builtins).keys():
            givers = [cell for cell in before if name in names[cell][0]]
            waiting += givers[-1:]
    return [cell for cell in order if cell in found]


def _names(source: str) -> Names:
    """What a cell defines at its top, and what it uses, in functions too."""
    tree, top = ast.parse(source), _Top()
    top.visit(tree)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    used |= {
        node.target.id for node in ast.walk(tree) if isinstance(node, ast.AugAssign) and hasattr(node.target, "id")
    }
    return top.given, used


class _Top(ast.NodeVisitor):
    """Gathers the names that are given outside functions and comprehensions."""

    def __init__(self) -> None:
        self.given = set[str]()

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.given.add(node.id)

    def visit_alias(self, node: ast.alias) -> None:
        self.given.add(node.asname or node.name.partition(".")[0])

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        self.given.add(node.name)

    visit_ClassDef = visit_FunctionDef

    def visit_ListComp(self, node: ast.expr) -> None:
        """Its names are its own."""

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_Lambda = visit_ListComp
