"""What is done with an export in lesson 8, and what is seen, with ONNX Runtime and onnx. No answers here."""

import contextlib
import copy
import io
import json
import tempfile
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

from autograder.probes import attempt, is_unwritten, networks, seen
from autograder.probes.lesson04 import or_error

OLD = b"an older file"


def export(implementation: Any, device: torch.device, what: str, seed: int, images: Tensor) -> dict[str, Any]:
    """Have a network exported into a folder that goes again; what: "whole", "failing" or "refused"."""
    probes = {"whole": _whole, "failing": _failing, "refused": _refused}
    with tempfile.TemporaryDirectory() as folder, _exporter_that_remembers(), contextlib.redirect_stdout(io.StringIO()):
        return probes[what](implementation, Path(folder), seed, images)


def _whole(implementation: Any, folder: Path, seed: int, images: Tensor) -> dict[str, Any]:
    """A float64 network, into a new folder; where that goes wrong, its float32 twin as well, into one that is there.

    An export takes long, and what is right for the first is right for the second.
    """
    hard, error = attempt(lambda: _exported(implementation, folder / "new", _network(seed).double(), images.double()))
    if is_unwritten(error):
        raise error
    if error is None and hard["what it takes"].endswith("tensor(float)"):
        easy = hard
    else:
        (folder / "old").mkdir()
        easy = _exported(implementation, folder / "old", _network(seed), images)
        hard = hard if error is None else dict.fromkeys(easy, _told(error, folder))
    kept = {f"{name}, from float64 into a new folder": hard[name] for name in _HARD}
    return easy | kept


def _told(error: Exception | None, folder: Path) -> str:
    return f"it raised {type(error).__name__}: {error}".replace(str(folder), "…")


_HARD = ("files", "what it takes", "scores, images: 3", "type of the model")


def _exported(implementation: Any, folder: Path, model: nn.Module, images: Tensor) -> dict[str, Any]:
    model = model.to(images.device)
    before, modes = copy.deepcopy(model.state_dict()), [layer.training for layer in model.modules()]
    facts = {"classes": ["chat", "chien", "mésange"], "temperature": 1.5}
    path, printed = folder / "model.onnx", io.StringIO()
    with contextlib.redirect_stdout(printed):
        implementation(model, path, images[:3], facts)
    files = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    return {
        "files": files,
        "there is a file": path.is_file(),
        "something is printed": printed.getvalue() != "",
        "weights that changed": networks.changed(before, model.state_dict()),
        "weights that no longer learn": sum(not weight.requires_grad for weight in model.parameters()),
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


def _failing(implementation: Any, folder: Path, _seed: int, images: Tensor) -> dict[str, Any]:
    """Networks whose file is not to be written, where an older file is already.

    One gives slightly other scores for one image than for more. The one whose scores are twice as large is tried only
    where that small difference went unnoticed.
    """
    path = folder / "model.onnx"
    path.write_bytes(OLD)
    slight = or_error(partial(_exported_once, implementation, _Branching(1e-3), path, images[:3]))
    left = {
        "the older file is still there": path.is_file() and path.read_bytes() == OLD,
        "files": sorted(file.name for file in path.parent.iterdir()),
    }
    coarse = slight
    if slight is None:
        coarse = or_error(partial(_exported_once, implementation, _Branching(1.0), path, images[:3]))
    stubborn = or_error(partial(_exported_once, implementation, _Stubborn(), path, images[:3]))
    return {
        "where one image has scores twice as large": coarse,
        "where one image has a score larger by a thousandth": slight,
        **left,
        "where the network cannot be exported": stubborn,
    }


def _refused(implementation: Any, folder: Path, seed: int, images: Tensor) -> dict[str, Any]:
    """Images and facts that are no good."""
    trials: dict[str, tuple[Tensor, dict[str, Any]]] = {
        "whole numbers": ((8 * images).long(), {}),
        "one image": (images[:1], {}),
        "a single picture's three axes": (images[0], {}),
        "a tensor among the facts": (images[:3], {"mean": torch.zeros(3)}),
    }
    return {
        name: or_error(partial(_exported_once, implementation, _network(seed), folder / "model.onnx", given, facts))
        for name, (given, facts) in trials.items()
    }


def _exported_once(implementation: Any, *arguments: Any) -> Any:
    return seen(implementation(*arguments))


class _Branching(nn.Module):
    """Images → small scores, for one image alone the first of them larger: an exporter sees the way of many images."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, images: Tensor) -> Tensor:
        """The scores."""
        scores = images.flatten(1) * 1e-3
        if images.shape[0] > 1:
            return scores
        return torch.cat([scores[:, :1] + self.share * scores.max(), scores[:, 1:]], dim=1)


class _Stubborn(nn.Module):
    """Images → scores, but for an exporter."""

    def forward(self, images: Tensor) -> Tensor:
        """The scores."""
        if torch.compiler.is_exporting() or torch.onnx.is_in_onnx_export():
            raise TypeError("this network has a step that no exporter knows")
        return images.flatten(1)


def _network(seed: int) -> nn.Sequential:
    """Images (N, 3, 4, 4) → (N, 3), in training mode, but for one layer."""
    layers = [nn.Flatten(), nn.Linear(48, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 3)]
    model = nn.Sequential(*layers)
    networks.fill(model, seed)
    model[3].eval()
    return model


@contextlib.contextmanager
def _exporter_that_remembers() -> Iterator[None]:
    """Let PyTorch's exporter keep what is the same for each file, and what it works out anew each time.

    That is its table of 500 translations, read from their sources, and the list of PyTorch's operators. A PyTorch that
    has no such places any more is left as it is.
    """
    with contextlib.ExitStack() as patches:
        for page, owner, name in _SLOW:
            place = attempt(partial(import_module, page))[0]
            place = getattr(place, owner, None) if owner else place
            if hasattr(place, name):
                patches.enter_context(patch.object(place, name, staticmethod(_remembering(getattr(place, name)))))
        yield


def _remembering(function: Any) -> Any:
    def remembered(*arguments: Any, **named: Any) -> Any:
        key = repr((function.__qualname__, arguments, named))
        if key not in _REMEMBERED:
            _REMEMBERED[key] = function(*arguments, **named)
        return _REMEMBERED[key]

    return remembered


_SLOW = (
    ("torch.onnx._internal.exporter._registration", "ONNXRegistry", "from_torchlib"),
    ("torch._export.utils", "", "_materialize_cpp_cia_ops"),
)
_REMEMBERED: dict[str, Any] = {}
