"""Of a learner's cells, what is Python and what an answer builds on."""

import ast

import pytest

from autograder.sandbox.cells import needed, python_only, statements


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("x = 1", "x = 1"),
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install x\nif y:\n    %time z()\n", "pass\nif y:\n    pass\n"),
        ("nn.Linear?\nx = 1", "pass\nx = 1"),
        ("x = 7 %\\\n3", "x = 7 %\\\n3"),
        ("%%bash\nrm -r x", ""),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("  \n%%html\n<b>", ""),
    ],
)
def test_python_only_passes_over_magics(cell, kept):
    assert python_only(cell) == kept


def chosen(answer: str, *above: str) -> list[str]:
    apart = [statements(ast.parse(cell).body) for cell in (answer, *above)]
    found = needed(apart[0], [one for cell in apart[1:] for one in cell])
    return [ast.unparse(one.node) for one in found]


def test_needed_takes_definitions_through_other_definitions():
    above = ["import math as m\nimport os", "def a():\n    return b()", "def b():\n    return m.pi", "os._exit(1)"]
    assert chosen("def f(x):\n    return a() + x", *above) == ["import math as m", *above[1:3]]


def test_needed_leaves_what_only_shares_a_name_with_something_local():
    above = ["x = train_for_hours()", "class size: pass"]
    assert chosen("def f(x):\n    y = x.size\n    return lambda z: (x, y, z)", *above) == []


@pytest.mark.parametrize(
    "statement",
    [
        *("cache['a'] = 1", "cache.size = 2", "cache.update(a=1)", "cache += [1]", "del cache[0]", "cache: dict = {}"),
        *(
            "for cache in range(3):\n    pass",
            "try:\n    cache = 1\nexcept OSError:\n    pass",
            "from helpers import *",
        ),
    ],
)
def test_needed_takes_what_changes_a_name_that_is_used(statement):
    assert chosen("def f():\n    return cache", statement) == [statement]


def test_needed_looks_into_decorators_defaults_annotations_and_classes():
    above = ["d = 1", "e = 2", "g = 3", "h = 4"]
    assert chosen("@d\ndef f(a=e) -> g:\n    class C:\n        b = h", *above) == above


def test_statements_refuses_what_parses_but_does_not_compile():
    with pytest.raises(SyntaxError):
        statements(ast.parse("def f(x, x): pass").body)
