"""Export: a trained network as one ONNX file that runs without PyTorch, and says itself how it is to be used.

ONNX is an open format for networks, and runtimes for servers, phones and browsers read it. The numbers in the file must
be those of the network that was trained, for a batch of any size, and whoever gets the file must know what the network
expects and what its scores mean. So the numbers are compared, and the facts are stored in the file.
"""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import onnxruntime
import torch
import torchvision.transforms.functional as TF
from torch import Tensor, nn
from torchvision.transforms import InterpolationMode

from lib.backbones import Normalisation
from lib.files import write_whole
from lib.inference import Picture, Preparation, check_temperature, image_batches, name_scores

OPSET = 18  # what PyTorch's exporter writes by itself: another one has to be converted to, which may fail
TOLERANCE = 1e-4
_OPTIONS: dict[str, Any] = {"opset_version": OPSET, "verbose": False}
_INPUT = "RGB, float32, shape (batch, 3, height, width); by channel: (value / 255 - mean) / std"
_OUTPUT = (
    "scores, shape (batch, classes); confidence = softmax(scores / temperature), its largest entry names the class"
)


class ExportError(RuntimeError):
    """A network cannot be exported, or what was exported does not give the network's numbers."""


# ---- writing ------------------------------------------------------------------------------------------------------


def export_onnx(model: nn.Module, path: Path | str, images: Tensor, facts: Mapping[str, object] | None = None) -> None:
    """Write `model` as one ONNX file, for batches of any size, after comparing its numbers with PyTorch's.

    images: some of those that the model will get, prepared for it: floating point, shape (N, C, height, width), N ≥ 2.
    The file takes such batches under the name "images", float32, any number of images, of this height and width, and
    gives what the model gives in evaluation mode under the name "scores". It computes in float32 whatever the model's
    own type, with opset 18, and holds all weights itself. facts: what else is to be stored in it, for instance
    `model_facts`; each value is kept as JSON in the file's metadata, under its name.

    ONNX Runtime runs the file on all `images` and on the first alone. If any score is further from PyTorch's than 1e-4
    times PyTorch's largest score of that batch, signs left out, nothing is written and an older file stays. The file is
    written whole or not at all, and folders on its way are made. The model stays as it is, with its modes, on its
    device: a copy on the CPU is exported. Nothing is printed.

    Raises ExportError, and not the exporter's own error, where the model cannot be exported with a batch of any size,
    and where the numbers differ; TypeError for images that are not floating point; ValueError for another shape, for
    fewer than two images, and for facts that are not JSON. A file may hold 2 GB.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     export_onnx(nn.Flatten(), f"{folder}/model.onnx", torch.rand(2, 3, 4, 4), {"classes": ["cat", "dog"]})
        ...     [file.name for file in Path(folder).iterdir()]
        ['model.onnx']
    """
    _check_images(images)
    metadata = _as_json(facts or {})
    twin, images = copy.deepcopy(model).cpu().float().eval(), images.detach().cpu().float()
    sizes = ({0: torch.export.Dim("batch")},)
    with _failures_as_export_errors():
        program = torch.onnx.export(
            twin, (images,), input_names=["images"], output_names=["scores"], dynamic_shapes=sizes, **_OPTIONS
        )
    content = _with_metadata(program, metadata)
    session = _session(content)
    for batch in (images, images[:1]):
        _compare(twin, session, batch)
    write_whole(path, content)


def model_facts(classes: Sequence[str], prepare: Preparation, temperature: float = 1.0) -> dict[str, object]:
    """What a consumer of the file must know: names, preparation, temperature, and in words how to use them.

    classes: names in the order of the scores. prepare: a `lib.backbones.Normalisation`, or the preprocessing that
    belongs to torchvision's weights; its numbers are stored. temperature: from `lib.calibration.fit_temperature`.
    Raises TypeError for another `prepare`, whose numbers are unknown; ValueError for a temperature out of range.

    Example:
        >>> facts = model_facts(["cat", "dog"], Normalisation(mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2)))
        >>> facts["classes"], facts["mean"], facts["temperature"]
        (['cat', 'dog'], [0.5, 0.5, 0.5], 1.0)
    """
    check_temperature(temperature)
    given: Any = prepare
    if not (hasattr(given, "mean") and hasattr(given, "std")):
        raise TypeError(f"prepare: expected a Normalisation or torchvision's own preprocessing, got {prepare!r}")
    facts: dict[str, object] = {"classes": list(classes), "mean": list(given.mean), "std": list(given.std)}
    before = ""
    if hasattr(given, "crop_size"):
        resize, crop = given.resize_size[0], given.crop_size[0]
        facts |= {"resize": resize, "crop": crop, "interpolation": given.interpolation.value}
        before = f"the picture resized until its shorter side is {resize}, its centre cropped to {crop} × {crop}; "
    return facts | {"temperature": float(temperature), "input": before + _INPUT, "output": _OUTPUT}


# ---- reading ------------------------------------------------------------------------------------------------------


def predict_onnx(
    path: Path | str, images: Picture | Iterable[Picture], batch_size: int = 64
) -> list[tuple[str, float]]:
    """What `lib.inference.predict` gives, from the file alone: ONNX Runtime computes, the file's facts do the rest.

    path: a file that `export_onnx` wrote with `model_facts`. images, batch_size: as in `lib.inference.image_batches`.
    Runs on the CPU. Raises what `image_batches` raises, FileNotFoundError where there is no file, and ValueError for a
    file without those facts and for pictures that are not of the file's size when they are prepared.
    """
    session = _session(Path(path).read_bytes())
    facts = _facts(session, path)
    scores = [_run(session, batch) for batch in image_batches(images, _preparation(facts), batch_size)]
    return name_scores(torch.cat(scores), facts["classes"], facts["temperature"])


def _facts(session: onnxruntime.InferenceSession, path: Path | str) -> dict[str, Any]:
    stored = session.get_modelmeta().custom_metadata_map
    missing = {"classes", "mean", "std", "temperature"} - stored.keys()
    if missing:
        raise ValueError(
            f"path: expected a file with the facts of `model_facts`, {path} lacks {', '.join(sorted(missing))}"
        )
    return {name: json.loads(text) for name, text in stored.items()}


def _preparation(facts: dict[str, Any]) -> Preparation:
    normalise = Normalisation(tuple(facts["mean"]), tuple(facts["std"]))
    if "crop" not in facts:
        return normalise
    interpolation = InterpolationMode(facts["interpolation"])

    def prepare(images: Tensor) -> Tensor:
        resized = TF.resize(images, [facts["resize"]], interpolation, antialias=True)
        return normalise(TF.center_crop(resized, [facts["crop"]]))

    return prepare


# ---- helpers ------------------------------------------------------------------------------------------------------


@contextmanager
def _failures_as_export_errors() -> Iterator[None]:
    try:
        yield
    except torch.onnx.OnnxExporterError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise ExportError(
            f"model: expected one that exports with a batch of any size; PyTorch says: {reason}"
        ) from error


def _with_metadata(program: torch.onnx.ONNXProgram | None, metadata: dict[str, str]) -> bytes:
    whole = cast(torch.onnx.ONNXProgram, program)  # None only for the exporter that it replaced
    whole.model.metadata_props.update(metadata)
    return whole.model_proto.SerializeToString()


def _compare(model: nn.Module, session: onnxruntime.InferenceSession, batch: Tensor) -> None:
    with torch.no_grad():
        expected = model(batch)
    if not isinstance(expected, Tensor) or expected.ndim == 0 or len(expected) != len(batch):
        got = f"the shape {tuple(expected.shape)}" if isinstance(expected, Tensor) else type(expected).__name__
        raise ExportError(f"model: expected a row of scores for each of {len(batch)} images, got {got}")
    size = session.get_inputs()[0].shape[0]
    if isinstance(size, int):
        raise ExportError(
            f"model: expected one that exports with a batch of any size; its code fixes the size at {size}"
        )
    found = _run(session, batch)
    largest, gap = float(expected.abs().max()), float((found - expected).abs().max())
    if not gap <= TOLERANCE * largest:
        sizes = f"batch of {len(batch)}: {gap:.3g} where the largest is {largest:.3g}"
        raise ExportError(f"model: expected the file to give PyTorch's scores, they differ in a {sizes}")


def _session(content: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _run(session: onnxruntime.InferenceSession, batch: Tensor) -> Tensor:
    [taken] = session.get_inputs()
    if list(batch.shape[1:]) != taken.shape[1:]:
        raise ValueError(
            f"images: expected prepared pictures of the shape {taken.shape[1:]}, got {list(batch.shape[1:])}"
        )
    [scores] = session.run(None, {taken.name: batch.cpu().float().numpy()})
    return torch.from_numpy(scores)


def _as_json(facts: Mapping[str, object]) -> dict[str, str]:
    try:
        return {name: json.dumps(value, ensure_ascii=False, allow_nan=False) for name, value in facts.items()}
    except (TypeError, ValueError) as error:
        raise ValueError(f"facts: expected values that JSON can hold: {error}") from error


def _check_images(images: Tensor) -> None:
    if not isinstance(images, Tensor) or not images.is_floating_point():
        raise TypeError(f"images: expected a floating-point tensor, got {getattr(images, 'dtype', type(images))}")
    if images.ndim != 4 or len(images) < 2:
        raise ValueError(f"images: expected the shape (N, C, height, width), N ≥ 2, got {tuple(images.shape)}")
