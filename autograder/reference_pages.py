"""A page for each module of the reference, made of its source: its own words, signatures and docstrings.

Docstrings are Markdown, and so are the pages (MyST). Nothing is imported.
"""

import ast
import copy
import re
from collections.abc import Iterator
from pathlib import Path

_MARK = ":::"
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def pages(package: Path) -> dict[str, str]:
    """The pages by the modules' names, such as "lib.mmd": those in which something is public, in alphabetical order."""
    found = {_name(path, package): _page(_name(path, package), path) for path in sorted(package.rglob("*.py"))}
    return {name: page for name, page in sorted(found.items()) if page}


def first_sentence(page: str) -> str:
    """What a page's module says of itself first."""
    words = " ".join(page.split("\n\n")[2].split())
    return re.split(r"(?<=[.?!]) (?=[A-Z])", words)[0]


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _page(module: str, path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = [node for node in tree.body if isinstance(node, _Function | ast.ClassDef) and _is_public(node.name)]
    if not public:
        return ""
    names = {node.name for node in public}
    blocks = [f"# {module}", f"{_MARK}{{py:module}} {module}\n{_MARK}", _prose(tree, names)]
    return "\n\n".join([*blocks, *(_entry(node, names) for node in public)]) + "\n"


def _entry(node: ast.stmt, names: set[str]) -> str:
    match node:
        case ast.ClassDef():
            inside = [_prose(node, names), *_attributes(node), *_methods(node, names)]
            return _directive("py:class", f"{node.name}{_made_by(node)}", inside, colons=_MARK + ":")
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _directive("py:function", f"{node.name}{_signature(node)}", [_prose(node, names)])
    return ""


def _methods(node: ast.ClassDef, names: set[str]) -> Iterator[str]:
    for part in node.body:
        if isinstance(part, _Function) and _is_public(part.name) and ast.get_docstring(part):
            decorators = {ast.unparse(decorator) for decorator in part.decorator_list}
            if "property" in decorators:
                returned = f"\n:type: {ast.unparse(part.returns)}\n" if part.returns else ""
                yield _directive("py:property", part.name, [returned, _prose(part, names)])
            else:
                kinds = {"classmethod": ":classmethod:", "staticmethod": ":staticmethod:"}
                options = "".join(f"\n{kinds[one]}\n" for one in sorted(decorators & kinds.keys()))
                signature = _signature(part, skipped=0 if "staticmethod" in decorators else 1)
                yield _directive("py:method", f"{part.name}{signature}", [options, _prose(part, names)])


def _attributes(node: ast.ClassDef) -> Iterator[str]:
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and _is_public(part.target.id):
            options = f"\n:type: {ast.unparse(part.annotation)}\n"
            if part.value is not None:
                options += f":value: {ast.unparse(part.value)}\n"
            yield _directive("py:attribute", part.target.id, [options])


def _made_by(node: ast.ClassDef) -> str:
    """What a call of the class takes; where it is not said there, the classes that it is one of."""
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            return _signature(part, skipped=1).partition(" -> ")[0]
    return f"({', '.join(ast.unparse(base) for base in node.bases)})" if node.bases else ""


def _signature(node: _Function, skipped: int = 0) -> str:
    arguments = copy.deepcopy(node.args)
    del (arguments.posonlyargs or arguments.args)[:skipped]
    returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(arguments)}){returned}"


def _directive(name: str, argument: str, inside: list[str], colons: str = _MARK) -> str:
    """A directive of MyST; options, which begin with a line break, follow its first line at once."""
    options = "".join(part.rstrip("\n") for part in inside if part.startswith("\n"))
    content = "\n\n".join(part for part in inside if part and not part.startswith("\n"))
    return f"{colons}{{{name}}} {argument}{options}\n\n{content}\n{colons}"


def _prose(node: ast.Module | ast.ClassDef | _Function, names: set[str]) -> str:
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
