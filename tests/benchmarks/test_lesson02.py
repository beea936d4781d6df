"""Lesson 2's measurements: rows are what they say, and asked for once."""

import pytest
from torchvision import models

from benchmarks import lesson02


@pytest.mark.parametrize(
    ("name", "expected"), [("resnet18", False), ("alexnet", False), ("mobilenet_v2", True), ("regnet_y_400mf", False)]
)
def test_has_depthwise_finds_convolutions_that_see_one_channel(name, expected):
    assert lesson02.has_depthwise(models.get_model(name)) == expected


def test_tables_ask_for_each_row_once():
    for columns, rows in lesson02.TABLES.values():
        keys = [key for key, _ in rows()]
        assert len(set(keys)) == len(keys) > 0 and all(len(key) == len(columns) for key in keys)
