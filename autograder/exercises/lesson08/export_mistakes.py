"""Misconceptions of an export: a right one in parts, by PyTorch's older exporter, which is much quicker."""

import copy
import io
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from lib.export import ExportError


@dataclass(frozen=True)
class With:
    """An export with one thing done otherwise."""

    evaluation: bool = True
    copied: bool = True
    as_float: bool = True
    any_size: bool = True
    named: tuple[str, str] = ("images", "scores")
    opset: int = 18
    softmax: bool = False
    external: bool = False
    printed: bool = False
    facts: str = "JSON"
    folders: bool = True
    compared: str = "before it is written"
    tolerance: str = "of the largest score"
    complaint: type[Exception] = ExportError
    wraps: bool = True
    learns: bool = True
    checks: bool = True
    checks_facts: bool = True

    def __call__(self, model: nn.Module, path: Any, images: Tensor, facts: Any = None) -> None:
        """Writes the file."""
        if self.checks:
            _check(images)
        metadata = self._metadata(facts if self.facts == "expected" else facts or {})
        if not self.learns:
            model.requires_grad_(False)
        twin = copy.deepcopy(model) if self.copied else model
        if self.evaluation:
            twin.eval()
        if self.as_float:
            twin, images = twin.float(), images.float()
        twin, images = twin.cpu(), images.cpu()
        content = self._content(twin, images, metadata)
        if self.printed:
            print("[torch.onnx] Obtain model graph…")
        if self.compared == "after it is written":
            self._write(Path(path), content)
        if self.compared != "never":
            self._compare(twin, content, images)
        self._write(Path(path), content)

    def _metadata(self, facts: Any) -> dict[str, str]:
        if self.facts == "none":
            return {}
        try:
            if self.facts == "in one":
                return {"facts": json.dumps(facts)}
            return {name: str(value) if self.facts == "str" else json.dumps(value) for name, value in facts.items()}
        except TypeError as error:
            raise ValueError("facts") if self.checks_facts else error from error

    def _content(self, twin: nn.Module, images: Tensor, metadata: dict[str, str]) -> onnx.ModelProto:
        buffer: Any = io.BytesIO()
        taken, given = self.named
        axes = {taken: {0: "batch"}, given: {0: "batch"}} if self.any_size else None
        network = nn.Sequential(twin, nn.Softmax(1)) if self.softmax else twin
        mode = torch.onnx.TrainingMode.EVAL if self.evaluation else torch.onnx.TrainingMode.PRESERVE
        with warnings.catch_warnings(), self._failures():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network.train(twin.training),
                (images,),
                buffer,
                input_names=[taken],
                output_names=[given],
                dynamic_axes=axes,
                opset_version=self.opset,
                training=mode,
                dynamo=False,
            )
        content = onnx.load_from_string(buffer.getvalue())
        onnx.helper.set_model_props(content, metadata)
        return content

    def _compare(self, twin: nn.Module, content: onnx.ModelProto, images: Tensor) -> None:
        session = onnxruntime.InferenceSession(content.SerializeToString(), providers=["CPUExecutionProvider"])
        for batch in (images, images[:1]):
            with self._failures():
                [found] = session.run(None, {session.get_inputs()[0].name: batch.numpy()})
            with torch.no_grad():
                expected = twin(batch)
            allowed = 1e-4 if self.tolerance == "absolute" else 1e-4 * float(expected.abs().max())
            if float((torch.from_numpy(found) - expected).abs().max()) > allowed:
                raise self.complaint("they differ")

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if self.wraps:
                raise ExportError("model") from error
            raise

    def _write(self, path: Path, content: onnx.ModelProto) -> None:
        if self.folders:
            path.parent.mkdir(parents=True, exist_ok=True)
        name = f"{path.name}.data"
        (path.parent / name).unlink(missing_ok=True)
        options: dict[str, Any] = {"save_as_external_data": True, "location": name, "size_threshold": 0}
        onnx.save_model(content, str(path), **(options if self.external else {}))


def _check(images: Any) -> None:
    if not isinstance(images, Tensor) or not images.is_floating_point():
        raise TypeError("images")
    if images.ndim != 4 or len(images) < 2:
        raise ValueError("images")
