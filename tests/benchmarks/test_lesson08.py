"""The recorded parts of lesson 8: whole, and what their command gives."""

from benchmarks import lesson08
from lib.pipeline_trials import plans
from lib.results import recorded


def test_recorded_holds_every_part_and_seed_once():
    table = recorded("lesson08_parts")
    asked = [key for key, _ in lesson08.jobs()]
    assert [(row["part"], row["seed"]) for row in table.rows] == asked
    assert asked == list(dict.fromkeys(asked)) and len(asked) == lesson08.SEEDS * len(plans())
    assert table.command == lesson08.COMMAND
    assert all(recording.missing() == 0 for recording in lesson08.RECORDINGS)
