"""A course's secret: made once, kept, its owner's alone; and inputs that follow from it."""

import stat

import pytest

from autograder import check
from autograder.__main__ import main
from autograder.exercises import EXERCISES, find
from autograder.secret import SIZE, course_secret, seed_of


def test_course_secret_is_made_once_and_kept(tmp_path):
    made = course_secret(tmp_path / "new" / "secret")
    assert len(made) == SIZE and course_secret(tmp_path / "new" / "secret") == made
    assert course_secret(tmp_path / "another") != made
    assert stat.S_IMODE((tmp_path / "new" / "secret").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"short", bytes(SIZE + 1)])
def test_course_secret_refuses_what_is_none_and_leaves_it(tmp_path, content):
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ValueError, match=f"expected a secret of {SIZE} bytes, got {len(content)}"):
        course_secret(tmp_path / "secret")
    assert (tmp_path / "secret").read_bytes() == content


def test_seed_of_follows_from_the_secret_and_the_exercise_alone():
    seeds = {seed_of(secret, name) for secret in (b"one", b"two") for name in EXERCISES}
    assert len(seeds) == 2 * len(EXERCISES) and all(0 <= seed < 2**31 for seed in seeds)
    assert seed_of(b"one", "freeze") == seed_of(b"one", "freeze") == 834_183_610
    assert check.SEED not in seeds


def test_inputs_of_another_secret_are_others():
    cases = [find("fit_linear_head").cases(seed_of(secret, "fit_linear_head")) for secret in (b"one", b"two")]
    one, two = (case[0].inputs["features"] for case in cases)
    assert one.shape == two.shape and not one.equal(two)


@pytest.mark.slow
def test_grade_keeps_its_secret_beside_the_gradebook_and_draws_from_it_again(tmp_path, capsys):
    submitted = tmp_path / "submitted" / "ada" / "02_pretrained_models"
    submitted.mkdir(parents=True)
    grading, secret = (
        ["grade", str(tmp_path / "submitted"), "--out", str(tmp_path / "out")],
        tmp_path / "out" / ".secret",
    )
    assert main(grading) == 0
    kept = secret.read_bytes()
    assert main(grading) == 0
    assert len(kept) == SIZE and secret.read_bytes() == kept
    secret.write_bytes(b"cut")
    assert main(grading) == 2
    assert "expected a secret" in capsys.readouterr().err
