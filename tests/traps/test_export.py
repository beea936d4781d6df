"""Export's traps: weights in a second file, a batch of one size, and an exporter that talks."""

import logging
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from lib.export import export_onnx


def test_trap_22_one_file_holds_everything_and_takes_any_batch(tmp_path: Path) -> None:
    """Written, moved away from its folder, and run on batches of sizes that it was not exported with."""
    written, moved = tmp_path / "written" / "model.onnx", tmp_path / "elsewhere.onnx"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Flatten(), nn.Linear(12, 400), nn.ReLU(), nn.Linear(400, 3)).eval()
    images = torch.rand(8, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    export_onnx(model, written, images[:2])
    assert [file.name for file in written.parent.iterdir()] == ["model.onnx"]
    shutil.move(written, moved)
    proto = onnx.load(moved, load_external_data=False)
    assert not any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in proto.graph.initializer)
    session = onnxruntime.InferenceSession(moved, providers=["CPUExecutionProvider"])
    for count in (1, 3, 8):
        [scores] = session.run(None, {"images": images[:count].numpy()})
        np.testing.assert_allclose(scores, model(images[:count]).detach().numpy(), rtol=1e-4, atol=1e-6)


def test_trap_25_the_exporter_says_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """No line on stdout or stderr, no log of a warning; a Python warning would be an error here."""
    with caplog.at_level(logging.WARNING):
        export_onnx(nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), tmp_path / "model.onnx", torch.rand(2, 3, 2, 2))
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
