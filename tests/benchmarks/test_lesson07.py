"""The recorded augmentations of lesson 7: whole, and what their command gives."""

from benchmarks import lesson07
from lib.augmentation_trials import kinds
from lib.results import Recorded, recorded


def test_recorded_holds_every_kind_and_seed_once():
    table = recorded("lesson07_augmentations")
    asked = [key for key, _ in lesson07.jobs()]
    assert [(row["kind"], row["seed"]) for row in table.rows] == asked
    assert asked == list(dict.fromkeys(asked)) and len(asked) == lesson07.SEEDS * len(kinds(10))
    assert table.command == lesson07.COMMAND


def test_in_lines_gives_gains_within_seeds():
    scores = {("plain", 0): 0.5, ("plain", 1): 0.7, ("mirror", 0): 0.4, ("mirror", 1): 0.6}
    rows = [{"kind": kind, "seed": seed, "accuracy": score} for (kind, seed), score in scores.items()]
    last = lesson07.in_lines(Recorded("", "", "", tuple(rows))).splitlines()[-1]
    assert last.split() == ["mirror", "50.0", "±", "127.1", "%", "-10.0", "±", "0.0"]
