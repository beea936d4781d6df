"""Right answers in other styles than the reference's."""

import contextlib
import copy
import io
import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from lib.export import ExportError


def _refuse(images, facts):
    if not torch.is_tensor(images) or not torch.is_floating_point(images):
        raise TypeError("images: floating point, please")
    if images.dim() != 4 or images.size(0) < 2:
        raise ValueError("images: four axes and at least two images, please")
    try:
        return {key: json.dumps(value, allow_nan=False) for key, value in dict(facts or {}).items()}
    except (TypeError, ValueError) as error:
        raise ValueError("facts: only what JSON holds") from error


@contextlib.contextmanager
def _as_export_error():
    try:
        yield
    except Exception as error:
        raise ExportError("model: cannot be exported") from error


def _differs(session, model, batch):
    [got] = session.run(["scores"], {"images": batch.numpy()})
    with torch.no_grad():
        want = model(batch).numpy()
    return not np.abs(got - want).max() <= 1e-4 * np.abs(want).max()


def export_onnx_through_a_folder(model, path, images, facts=None):
    """The exporter writes into a folder that is gone afterwards; what was compared is moved."""
    stored = _refuse(images, facts)
    twin = copy.deepcopy(model).to("cpu", torch.float32).eval()
    batch = images.detach().to("cpu", torch.float32)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.onnx"
        with _as_export_error():
            torch.onnx.export(
                twin,
                (batch,),
                draft,
                input_names=["images"],
                output_names=["scores"],
                dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
                opset_version=18,
                external_data=False,
                verbose=False,
            )
        proto = onnx.load(draft)
        for key, value in stored.items():
            entry = proto.metadata_props.add()
            entry.key, entry.value = key, value
        onnx.save(proto, draft)
        session = onnxruntime.InferenceSession(draft)
        if any(_differs(session, twin, part) for part in (batch, batch[:1])):
            raise ExportError("the file's numbers are not the model's")
        content = draft.read_bytes()
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)


def export_onnx_with_the_older_exporter(model, path, images, facts=None):
    """torch.jit's exporter knows dynamic_axes, and writes into a buffer."""
    stored = _refuse(images, facts)
    twin, batch = copy.deepcopy(model).cpu().float(), images.detach().cpu().float()
    twin.eval()
    buffer = io.BytesIO()
    with warnings.catch_warnings(), _as_export_error():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            twin,
            batch,
            buffer,
            input_names=["images"],
            output_names=["scores"],
            dynamic_axes={"images": {0: "n"}, "scores": {0: "n"}},
            opset_version=18,
            dynamo=False,
        )
    proto = onnx.load_from_string(buffer.getvalue())
    onnx.helper.set_model_props(proto, stored)
    content = proto.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for count in (len(batch), 1):
        if _differs(session, twin, batch[:count]):
            raise ExportError(f"another result for {count} images")
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def export_onnx_in_memory(model, path, images, facts=None):
    """The model itself is put into evaluation mode, and its modes back; the copy is made for its type alone."""
    stored = _refuse(images, facts)
    modes = [(layer, layer.training) for layer in model.modules()]
    twin = copy.deepcopy(model.eval()).float().cpu()
    for layer, mode in modes:
        layer.training = mode
    batch = images.float().cpu()
    with _as_export_error():
        program = torch.onnx.export(
            twin,
            (batch,),
            dynamo=True,
            verbose=False,
            opset_version=18,
            input_names=["images"],
            output_names=["scores"],
            dynamic_shapes=[{0: torch.export.Dim("n", min=1)}],
        )
    proto = program.model_proto
    onnx.helper.set_model_props(proto, stored)
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    if _differs(session, twin, batch) or _differs(session, twin, batch[:1]):
        raise ExportError("numbers differ")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    onnx.save(proto, str(path))
