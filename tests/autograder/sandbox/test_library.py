"""The library that learners' code sees: all but what the lesson asks for."""

from pathlib import Path

import pytest

from autograder.sandbox import library

ROOT = Path(__file__).parents[3]


def build(folder: Path, *withheld: tuple[str, str]) -> Path:
    root = folder / "root"
    for name in ("lib/part", "autograder/probes", "autograder/sandbox", "autograder/exercises"):
        (root / name).mkdir(parents=True)
    (root / "autograder" / "__init__.py").touch()
    (root / "autograder" / "sandbox" / "no_check.py").write_text("def check(): pass\n")
    (root / "lib" / "one.py").write_text(
        "def f(a: int = 3) -> int:\n    'Words.'\n    return secret\n\ndef g(): return 1\n"
    )
    (root / "lib" / "part" / "__init__.py").write_text("class K(list):\n    'Words.'\n    secret = 1\n")
    library.build(folder / "library", root, withheld)
    return folder / "library"


def test_build_keeps_signature_and_docstring_and_nothing_of_the_body(tmp_path):
    folder = build(tmp_path, ("lib.one", "f"), ("lib.part", "K"))
    one, part = (folder / "lib" / "one.py").read_text(), (folder / "lib" / "part" / "__init__.py").read_text()
    assert "def f(a: int=3) -> int" in one and "Words." in one and "return 1" in one
    assert "class K(list)" in part and "Words." in part
    assert "secret" not in one + part
    space: dict = {}
    exec(one + "\n" + part, space)
    for withheld in (space["f"], space["K"]):
        with pytest.raises(NotImplementedError, match="write it yourself"):
            withheld()


def test_build_takes_no_exercises_along_and_a_check_that_does_nothing(tmp_path):
    folder = build(tmp_path)
    assert sorted(path.name for path in (folder / "autograder").iterdir()) == [
        "__init__.py",
        "check.py",
        "probes",
        "progress.py",
        "sandbox",
    ]
    for idle in ("check.py", "progress.py"):
        assert (folder / "autograder" / idle).read_text() == "def check(): pass\n"


@pytest.mark.parametrize("name", ["h", "secret"])
def test_build_says_so_where_there_is_nothing_to_withhold(tmp_path, name):
    with pytest.raises(ValueError, match=f"one.py holds no function or class {name}"):
        build(tmp_path, ("lib.one", name))
