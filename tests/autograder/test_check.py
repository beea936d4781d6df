"""What a learner gets from check(): a verdict shown, and a short error if it is not right yet."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from autograder import check as module
from autograder.check import CheckFailed, check
from autograder.exercises import find
from autograder.judge import assess
from autograder.report import Report, card
from lib.features import extract_features as reference_features
from lib.freezing import freeze as reference_freeze


@pytest.fixture(autouse=True)
def somewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # where the diary may be written


@pytest.fixture
def shown(monkeypatch):
    reports = []
    monkeypatch.setattr(module, "display", reports.append)
    return reports


def right(module):
    return reference_freeze(module)


def wrong(module):
    return module.requires_grad_(False)


def test_check_is_silent_but_for_the_verdict_when_all_is_right(shown, capsys):
    assert check("freeze", right) is None
    assert shown[0].verdict.passed
    assert capsys.readouterr() == ("", "")


def test_check_shows_the_hint_and_raises_when_it_is_a_known_mistake(shown):
    with pytest.raises(CheckFailed, match="1 of 4 points; 3 of 4 properties to go"):
        check("freeze", wrong)
    html = shown[0]._repr_html_()
    assert "requires_grad stops the gradients that are still to come" in html
    assert "statistics that moved in training" in html


@pytest.mark.parametrize(
    ("name", "implementation", "sentence"),
    [
        ("freze", right, "the closest are: freeze"),
        ("freeze", 3, "should be a function, freeze.module.; this is 3, of type int"),
        ("freeze", None, "this is None"),
        ("freeze", lambda: None, "is called as freeze.module.; yours is freeze.."),
        ("extract_features", lambda backbone, images: images, "batch_size"),
        ("freeze", reference_freeze, "lib's own freeze"),
    ],
)
def test_check_says_why_something_is_no_candidate(shown, name, implementation, sentence):
    with pytest.raises(CheckFailed, match=sentence):
        check(name, implementation)
    assert shown == []


def test_check_tries_an_answer_whose_required_parameters_are_keywords_only(shown):
    with pytest.raises(CheckFailed, match="of 4 points"):
        check("slanted_triangular", lambda step, *, steps, cut=0.1, ratio=32.0: 1.0)
    assert len(shown) == 1


def test_check_shows_no_traceback_in_a_notebook(capsys, monkeypatch):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)  # IPython warns where a shell has another environment activated
    shell = InteractiveShell()
    shell.run_cell("from autograder.check import check\ncheck('freeze', 3)")
    output = capsys.readouterr()
    text = output.out + output.err
    assert "Not yet: freeze should be a function" in text
    assert "Traceback" not in text
    assert "check.py" not in text


def test_report_escapes_what_a_learner_wrote():
    def hostile(module):
        raise ValueError("<script>alert(1)</script>")

    html = card(assess(find("freeze"), hostile, 0))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_report_draws_expected_and_got_where_a_table_differs(shown):
    with pytest.raises(CheckFailed):
        check(
            "extract_features", lambda backbone, images, batch_size: -reference_features(backbone, images, batch_size)
        )
    html = shown[0]._repr_html_()
    assert html.count("<svg") == 2
    assert 'aria-label="features, expected, 12 × 5"' in html


def test_report_reads_the_same_in_plain_text():
    text = repr(Report(assess(find("freeze"), wrong, 0)))
    assert text.startswith("freeze: not yet (1 of 4 points)")
    assert "✗ Running statistics stay" in text
    assert "Hint: requires_grad stops" in text
