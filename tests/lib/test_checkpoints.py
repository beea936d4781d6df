"""Checkpoints: what was written is read, and nothing else is."""

import pickle

import pytest
import torch

from lib.checkpoints import load_checkpoint, save_checkpoint


def test_checkpoint_comes_back_as_it_was(tmp_path):
    state = {"tensor": torch.arange(5) / 3, "nested": {"list": [1, 2.5, None], "text": "ß"}}
    save_checkpoint(tmp_path / "sub" / "run.pt", state)
    back = load_checkpoint(tmp_path / "sub" / "run.pt")
    assert torch.equal(back["tensor"], state["tensor"])
    assert back["nested"] == state["nested"]


@pytest.mark.parametrize("cut", [0, 10, 100, -1])
def test_checkpoint_cut_off_or_changed_is_refused(tmp_path, cut):
    path = tmp_path / "run.pt"
    save_checkpoint(path, {"tensor": torch.ones(100)})
    data = path.read_bytes()
    path.write_bytes(data[:cut])
    with pytest.raises(ValueError, match=r"path: (expected a checkpoint|.* is damaged: SHA-256 expected)"):
        load_checkpoint(path)
    changed = bytearray(data)
    changed[cut - 1] ^= 1
    path.write_bytes(changed)
    with pytest.raises(ValueError, match="path: "):
        load_checkpoint(path)


def test_checkpoint_runs_no_code(tmp_path):
    class Hostile:
        def __reduce__(self):
            return (open, (str(tmp_path / "owned"), "w"))

    path = tmp_path / "run.pt"
    save_checkpoint(path, {"x": Hostile()})
    with pytest.raises(pickle.UnpicklingError):
        load_checkpoint(path)
    assert not (tmp_path / "owned").exists()


def test_checkpoint_missing_is_said(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "none.pt")
