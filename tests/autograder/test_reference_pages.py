"""The reference's pages: every public thing on the page of its module, as its source has it, and nothing imported."""

import ast
from pathlib import Path

import pytest

from autograder import reference_pages

LIB = Path(__file__).parents[2] / "lib"
SOURCE = '''"""Gates: what they let through. And a second sentence.

More of it.
"""

raise ImportError("this module is never imported")


def gate(x: "Tensor", width: int = 3, *, seed: int) -> "Tensor":
    """Half of `x`, as in `Gate`; `other` is not from here.

        y = x / 2

    Example:
        >>> gate(2, seed=0)
        1.0
    """
    return x / 2


class Gate(Base):
    """A gate that remembers."""

    width: int
    depth: int = 3
    _hidden: int

    def __init__(self, width: int) -> None: ...

    def open(self, by: float) -> bool:
        """Open it."""

    def forward(self, x):
        return x

    @classmethod
    def made(cls, text: str) -> "Gate":
        """One that a text describes."""

    @staticmethod
    def known(first: str) -> bool:
        """Whether it is known."""

    @property
    def wide(self) -> bool:
        """Whether it is wide."""


def _private():
    """Not shown."""
'''


@pytest.fixture
def whole(tmp_path) -> reference_pages.Page:
    package = tmp_path / "lib"
    (package / "sub").mkdir(parents=True)
    (package / "gates.py").write_text(SOURCE, encoding="utf-8")
    (package / "sub" / "__init__.py").write_text('"""A package: with something."""\n\ndef f(): ...\n', encoding="utf-8")
    (package / "quiet.py").write_text('"""Nothing public."""\nX = 1\n', encoding="utf-8")
    found = reference_pages.pages(package)
    assert list(found) == ["lib.gates", "lib.sub"]
    return found["lib.gates"]


@pytest.fixture
def page(whole) -> str:
    return whole.text


@pytest.mark.parametrize(
    "line",
    [
        "# lib.gates",
        ":::{py:module} lib.gates",
        ":::{py:function} gate(x: 'Tensor', width: int=3, *, seed: int) -> 'Tensor'",
        "Half of `x`, as in {py:obj}`Gate`; `other` is not from here.",
        "::::{py:class} Gate(width: int)",
        ":::{py:attribute} width",
        ":type: int",
        ":value: 3",
        ":::{py:method} open(by: float) -> bool",
        ":::{py:method} made(text: str) -> 'Gate'",
        ":classmethod:",
        ":::{py:method} known(first: str) -> bool",
        ":staticmethod:",
        ":::{py:property} wide",
        ":type: bool",
    ],
)
def test_a_page_says_what_the_source_says(page, line):
    assert line in page.splitlines()


def test_what_is_private_or_has_nothing_to_say_is_left_out(page):
    assert "_private" not in page and "_hidden" not in page and "forward" not in page


def test_what_is_indented_becomes_code(page):
    lines = page.splitlines()
    for code in ("    y = x / 2", "    >>> gate(2, seed=0)"):
        assert lines[lines.index(code) - 1] == ""


def test_every_directive_that_begins_ends(page):
    colons = [line for line in page.splitlines() if line.startswith(":::")]
    begun = [line for line in colons if "{" in line]
    assert len(colons) == 2 * len(begun)


def test_a_page_says_first_what_its_module_does(whole):
    assert whole.says == "Gates: what they let through."


def test_every_public_function_and_class_of_the_reference_has_its_entry():
    found = reference_pages.pages(LIB)
    count = 0
    for path in LIB.rglob("*.py"):
        module = ".".join(path.relative_to(LIB.parent).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                count += 1
                kind = "py:class" if isinstance(node, ast.ClassDef) else "py:function"
                assert f"{{{kind}}} {node.name}" in found[module].text, node.name
    assert count > 300
