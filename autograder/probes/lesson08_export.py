"""What is done with an export in lesson 8, and what is seen, with ONNX Runtime and onnx. No answers here."""

import contextlib
import copy
import io
import json
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import attempt, networks, seen
from autograder.probes.lesson04 import or_error

OLD = b"an older file"


def export(implementation: Any, device: torch.device, what: str, seed: int, images: Tensor) -> dict[str, Any]:
    """Have a network exported into a folder that goes again; what: "whole", "double", "branching", "refused"."""
    with tempfile.TemporaryDirectory() as folder:
        if what == "refused":
            return _refused(implementation, Path(folder), seed, images)
        if what == "branching":
            return _branching(implementation, Path(folder) / "model.onnx", images)
        return _exported(implementation, Path(folder), what, seed, images)


def _exported(implementation: Any, folder: Path, what: str, seed: int, images: Tensor) -> dict[str, Any]:
    model = _network(seed).to(images.device)
    if what == "double":
        model, images = model.double(), images.double()
    before, modes = copy.deepcopy(model.state_dict()), [layer.training for layer in model.modules()]
    facts = {"classes": ["chat", "chien", "mésange"], "temperature": 1.5}
    path, printed = folder / ("new" if what == "double" else "") / "model.onnx", io.StringIO()
    with contextlib.redirect_stdout(printed):
        implementation(model, path, images[:3], facts)
    files = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    return {
        "files": files,
        "there is a file": path.is_file(),
        "something is printed": printed.getvalue() != "",
        "weights that changed": networks.changed(before, model.state_dict()),
        "type of the model": str(next(model.parameters()).dtype),
        "layers whose mode changed": [
            type(layer).__name__ for layer, mode in zip(model.modules(), modes, strict=True) if layer.training != mode
        ],
        **_read(path, images.float().cpu()),
    }


def _read(path: Path, images: Tensor) -> dict[str, Any]:
    """What is in the file, and what it gives for batches of three sizes."""
    import onnx
    import onnxruntime

    if not path.is_file():
        return {}
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    [taken, *_], [given, *_] = session.get_inputs(), session.get_outputs()
    stored = session.get_modelmeta().custom_metadata_map
    opsets = {one.domain: one.version for one in onnx.load(str(path), load_external_data=False).opset_import}
    return {
        "opset": opsets.get(""),
        "what it takes": f"{taken.name}: {taken.type}",
        "what it gives": given.name,
        "facts in the file": {name: _as_read(text) for name, text in sorted(stored.items())},
        **{f"scores, images: {count}": _scores(session, taken.name, images[:count]) for count in (3, 1, 5)},
    }


def _scores(session: Any, name: str, images: Tensor) -> Any:
    found, error = attempt(lambda: session.run(None, {name: images.numpy()}))
    return f"it raised {type(error).__name__}" if error else seen(torch.from_numpy(found[0].copy()))


def _as_read(text: str) -> Any:
    value, error = attempt(lambda: json.loads(text))
    return f"no JSON: {text}" if error else value


def _branching(implementation: Any, path: Path, images: Tensor) -> dict[str, Any]:
    """A network that gives other scores for one image than for three, and a file that is there already."""
    path.write_bytes(OLD)
    with contextlib.redirect_stdout(io.StringIO()):
        outcome = or_error(lambda: seen(implementation(_Branching(), path, images[:3])))
    return {
        "what comes of it": outcome,
        "the older file is still there": path.is_file() and path.read_bytes() == OLD,
        "files": sorted(file.name for file in path.parent.iterdir()),
    }


def _refused(implementation: Any, folder: Path, seed: int, images: Tensor) -> dict[str, Any]:
    """Images and facts that are no good."""
    trials: dict[str, tuple[Tensor, dict[str, Any]]] = {
        "whole numbers": ((8 * images).long(), {}),
        "one image": (images[:1], {}),
        "a single picture's three axes": (images[0], {}),
        "a tensor among the facts": (images[:3], {"mean": torch.zeros(3)}),
    }
    path = folder / "model.onnx"
    with contextlib.redirect_stdout(io.StringIO()):
        return {
            name: or_error(partial(_exported_once, implementation, _network(seed), path, given, facts))
            for name, (given, facts) in trials.items()
        }


def _exported_once(implementation: Any, *arguments: Any) -> Any:
    return seen(implementation(*arguments))


class _Branching(nn.Module):
    """Images → scores, twice as large for a batch of three or more: an exporter sees one of both."""

    def forward(self, images: Tensor) -> Tensor:
        """The scores."""
        return images.flatten(1) * (2 if images.shape[0] > 2 else 1)


def _network(seed: int) -> nn.Sequential:
    """Images (N, 3, 4, 4) → (N, 3), in training mode, but for one layer."""
    layers = [nn.Flatten(), nn.Linear(48, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 3)]
    model = nn.Sequential(*layers)
    networks.fill(model, seed)
    model[3].eval()
    return model
