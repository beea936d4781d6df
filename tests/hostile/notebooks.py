"""Notebooks that were tampered with, or broken on their way: metadata, tests, cells, and what is no notebook at all."""

import json

from tests.hostile.submitted import (
    FAKED,
    FREEZE,
    FULL,
    NOTHING,
    RIGHT,
    SHARE,
    WRONG,
    Notebook,
    Submission,
    bytes_of,
    cell_of,
    changed,
    notebook,
)


def _each_check(content: Notebook, **own: object) -> None:
    for cell in content["cells"]:
        if cell["id"].startswith("check-"):
            cell.update(own)


def _marks(content: Notebook, **own: object) -> None:
    for cell in content["cells"]:
        cell["metadata"].setdefault("nbgrader", {}).update(own)


def _skipped(content: Notebook) -> None:
    _each_check(content, metadata={"tags": ["skip-execution"]})


def _without_checks(content: Notebook) -> None:
    content["cells"] = [cell for cell in content["cells"] if not cell["id"].startswith("check-")]


def _stripped(content: Notebook) -> None:
    for cell in content["cells"]:
        cell["metadata"] = {}


def _without_ids(content: Notebook) -> None:
    for cell in content["cells"]:
        del cell["id"]


def _renamed(content: Notebook) -> None:
    for name in RIGHT:
        cell_of(content, name)["id"] = f"my-{name}"


def _twice(last: str):
    def change(content: Notebook) -> None:
        content["cells"].append(cell_of(content, "trainable_fraction") | {"source": last})

    return change


def _of_type(kind: str, name: str):
    def change(content: Notebook) -> None:
        cell_of(content, name)["cell_type"] = kind

    return change


def _inserted(content: Notebook) -> None:
    junk = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1}
    for number, source in enumerate(("raise SystemExit", "while", "%%bash\nexit 1", "helper = 3")):
        content["cells"].insert(0, junk | {"id": f"junk-{number}", "source": source})


def _older(content: Notebook) -> None:
    """As another release may have had it: no ids on prose, other words, a setup cell without what came later."""
    for cell in content["cells"]:
        if cell["cell_type"] == "markdown":
            cell.pop("id")
            cell["source"] = "Other words."
    cell_of(content, "setup")["source"] = "import torch\nfrom torch import nn"


def _lines(content: Notebook) -> None:
    for name, source in RIGHT.items():
        cell_of(content, name)["source"] = source.splitlines(keepends=True)


NOTEBOOKS: dict[str, Submission] = {
    "skip-execution on the tests": changed(_skipped, FAKED, trainable_fraction=WRONG),
    "tests deleted, the answer wrong": changed(_without_checks, FAKED, trainable_fraction=WRONG),
    "tests deleted, the answer right": changed(_without_checks, FULL),
    "metadata stripped": changed(_stripped, FULL),
    "assertions edited": changed(lambda c: _each_check(c, source="pass"), FAKED, trainable_fraction=WRONG),
    "points 100": changed(lambda c: _marks(c, points=100), FAKED, trainable_fraction=WRONG),
    "points abc": changed(lambda c: _marks(c, points="abc"), FULL),
    "test marked as solution": changed(
        lambda c: _marks(c, solution=True, grade=False), FAKED, trainable_fraction=WRONG
    ),
    "grade false": changed(lambda c: _marks(c, grade=False), FULL),
    "grade_id renamed": changed(lambda c: _marks(c, grade_id="another"), FULL),
    "cell ids renamed": changed(_renamed, FULL),
    "cell ids missing": changed(_without_ids, FULL),
    "cell id twice, the last one right": changed(_twice(SHARE), FULL, trainable_fraction=WRONG),
    "cell id twice, the last one wrong": changed(_twice(WRONG), FAKED),
    "schema_version 99": changed(lambda c: _marks(c, schema_version=99), FULL),
    "test turned to markdown": changed(
        _of_type("markdown", "check-trainable_fraction"), FAKED, trainable_fraction=WRONG
    ),
    "test turned to raw": changed(_of_type("raw", "check-trainable_fraction"), FULL),
    "answer turned to markdown": changed(_of_type("markdown", "trainable_fraction"), FAKED),
    "malformed JSON": bytes_of(b'{"cells": [}'),
    "truncated": bytes_of(json.dumps(notebook(RIGHT)).encode()[:-2000]),
    "enormous": bytes_of(b'{"cells": ["' + b"x" * (21 * 2**20) + b'"]}'),
    "deeply nested": bytes_of(b"[" * 200_000),
    "non-UTF-8": bytes_of(b'{"cells": "\xff\xfe\xff"}'),
    "UTF-16, as another program may save it": bytes_of(json.dumps(notebook(RIGHT)).encode("utf-16"), FULL),
    "half a surrogate pair": changed(lambda _: None, FULL, trainable_fraction='"""\ud83d"""\n' + SHARE),
    "cells inserted that do not run": changed(_inserted, FULL),
    "cells reordered": changed(lambda c: c["cells"].reverse(), FULL),
    "source as a list of lines": changed(_lines, FULL),
    "other kernelspec": changed(
        lambda c: c["metadata"].update(kernelspec={"name": "ir", "language": "R"}, language_info={"name": "R"}), FULL
    ),
    "forged timestamp": changed(lambda c: c["metadata"].update(timestamp="1970-01-01 00:00:00 UTC"), FULL),
    "no cells": changed(lambda c: c.update(cells=[]), NOTHING),
    "cells no list": changed(lambda c: c.update(cells={"0": 1}), NOTHING),
    "cells no cells": changed(
        lambda c: c.update(cells=[1, None, "x", [], {"cell_type": "code", "source": 7}]), NOTHING
    ),
    "empty file": bytes_of(b""),
    "a zip archive": bytes_of(b"PK\x03\x04" + bytes(200)),
    "format 3": bytes_of(json.dumps({"nbformat": 3, "worksheets": [{"cells": []}]}).encode()),
    "another lesson's notebook": changed(
        lambda c: c.update(cells=[{"cell_type": "code", "id": "mixup", "metadata": {}, "source": "def mixup(): ..."}]),
        NOTHING,
    ),
    "an older release": changed(_older, FULL),
    "answers written without a stub": changed(
        lambda c: c.update(
            cells=[{"cell_type": "code", "metadata": {}, "source": f"import torch\n{SHARE}\n\n{FREEZE}"}]
        ),
        FULL,
    ),
}
