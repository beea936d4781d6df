"""A page for each module of the reference, made of its source: its own words, signatures and docstrings.

Docstrings are Markdown, and so are the pages (MyST). Nothing is imported.
"""

import ast
import copy
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_MARK = ":::"
_Public = ast.FunctionDef | ast.ClassDef


class Page(NamedTuple):
    """A module's page. says: the first sentence of its docstring."""

    says: str
    text: str


def pages(package: Path) -> dict[str, Page]:
    """The pages by the modules' names, such as "lib.mmd": those in which something is public, in alphabetical order."""
    found = {_name(path, package): _page(_name(path, package), path) for path in package.rglob("*.py")}
    return {name: page for name, page in sorted(found.items()) if page}


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _page(module: str, path: Path) -> Page | None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = [node for node in tree.body if isinstance(node, _Public) and _is_public(node.name)]
    if not public:
        return None
    names = {node.name for node in public}
    blocks = [f"# {module}", _directive("py:module", module, []), _prose(tree, names)]
    first = re.split(r"(?<=[.?!]) (?=[A-Z])", " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split()))[0]
    return Page(first, "\n\n".join([*blocks, *(_entry(node, names) for node in public)]) + "\n")


def _entry(node: _Public, names: set[str]) -> str:
    if isinstance(node, ast.FunctionDef):
        return _directive("py:function", f"{node.name}{_signature(node)}", [_prose(node, names)])
    inside = [_prose(node, names), *_attributes(node), *_methods(node, names)]
    return _directive("py:class", f"{node.name}{_made_by(node)}", inside, colons=_MARK + ":")


def _methods(node: ast.ClassDef, names: set[str]) -> Iterator[str]:
    for part in node.body:
        if not isinstance(part, ast.FunctionDef) or not _is_public(part.name) or not ast.get_docstring(part):
            continue
        kinds = {ast.unparse(decorator) for decorator in part.decorator_list}
        if "property" in kinds:
            options = [f":type: {ast.unparse(part.returns)}"] if part.returns else []
            yield _directive("py:property", part.name, [_prose(part, names)], options)
        else:
            options = [f":{kind}:" for kind in ("classmethod", "staticmethod") if kind in kinds]
            signature = _signature(part, skipped=0 if "staticmethod" in kinds else 1)
            yield _directive("py:method", f"{part.name}{signature}", [_prose(part, names)], options)


def _attributes(node: ast.ClassDef) -> Iterator[str]:
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and _is_public(part.target.id):
            value = [f":value: {ast.unparse(part.value)}"] if part.value else []
            yield _directive("py:attribute", part.target.id, [], [f":type: {ast.unparse(part.annotation)}", *value])


def _made_by(node: ast.ClassDef) -> str:
    """What a call of the class takes; where it is not said there, the classes that it is one of."""
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            return _signature(part, skipped=1).partition(" -> ")[0]
    return f"({', '.join(ast.unparse(base) for base in node.bases)})" if node.bases else ""


def _signature(node: ast.FunctionDef, skipped: int = 0) -> str:
    arguments = copy.deepcopy(node.args)
    del (arguments.posonlyargs or arguments.args)[:skipped]
    returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(arguments)}){returned}"


def _directive(
    name: str, argument: str, content: Sequence[str], options: Sequence[str] = (), *, colons: str = _MARK
) -> str:
    blocks = ["\n".join([f"{colons}{{{name}}} {argument}", *options]), *content]
    return "\n\n".join(blocks) + f"\n{colons}"


def _prose(node: ast.Module | _Public, names: set[str]) -> str:
    """The docstring as Markdown: a blank line before what is indented, and a link from each name of this module."""
    lines = list[str]()
    for line in (ast.get_docstring(node) or "").splitlines():
        indented = line.startswith("    ")
        if indented and lines and lines[-1] and not lines[-1].startswith("    "):
            lines.append("")
        lines.append(line if indented else re.sub(r"`(\w+)`", lambda match: _link(match, names), line))
    return "\n".join(lines)


def _link(match: re.Match[str], names: set[str]) -> str:
    return f"{{py:obj}}`{match[1]}`" if match[1] in names else match[0]


def _is_public(name: str) -> bool:
    return not name.startswith("_")
