"""Pictures of one's own: a folder for each class goes in; a trained, calibrated, exported model and a report come out.

    result = fine_tune_folder("path/to/images")
    predict_onnx(result.model, "a new picture.jpg")

Everything that the course has taught is used once: a pre-trained backbone, two phases, the best weights by validation,
a temperature, a test that nothing was chosen by, and one file that needs no PyTorch.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import torch
from scipy.stats import binomtest
from torch import Tensor, nn
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as TF

from lib import settings
from lib.backbones import Normalisation, load_backbone, preprocessing, pretrained_weights, replace_head
from lib.calibration import expected_calibration_error, fit_temperature
from lib.datasets.task import Split, Task, divide
from lib.export import export_onnx, model_facts
from lib.features import extract_features
from lib.image_folder import Survey, read_picture, survey
from lib.own_images_report import page
from lib.pipeline import fine_tune
from lib.plan import Epoch, History, Plan, two_phases
from lib.progress import Progress

MODEL, REPORT, FACTS = "model.onnx", "report.html", "facts.json"
_SHARES = {"test": 0.2, "validation": 0.2}


@dataclass(frozen=True)
class Fitted:
    """Pictures of any size as a network wants them: resized until the shorter side fits, cut to the centre, normalised.

    It has the attributes that `lib.export.model_facts` stores, so that the exported file prepares pictures alike.
    Takes what `Normalisation` takes.

    Example:
        >>> fitted = Fitted(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), resize_size=[8], crop_size=[6])
        >>> fitted(torch.ones(1, 3, 20, 16)).shape
        torch.Size([1, 3, 6, 6])
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize_size: list[int]
    crop_size: list[int]
    interpolation: InterpolationMode = InterpolationMode.BILINEAR

    def cut(self, images: Tensor) -> Tensor:
        """Resized and cut, in the type that they came in."""
        resized = TF.resize(images, self.resize_size, self.interpolation, antialias=True)
        return TF.center_crop(resized, self.crop_size)

    def __call__(self, images: Tensor) -> Tensor:
        return Normalisation(self.mean, self.std)(self.cut(images))


@dataclass(frozen=True)
class OwnImages:
    """What came of a run. model, report: the files. accuracy: on test pictures, in [0, 1], `interval`: its 95 %
    interval (Wilson, 1927); balanced: the mean over classes; calibration_error: of the confidence, over 15 bins.
    confusion: how many test pictures of each class (row) were given each name (column).
    """

    model: Path
    report: Path
    classes: tuple[str, ...]
    findings: tuple[str, ...]
    accuracy: float
    interval: tuple[float, float]
    balanced: float
    temperature: float
    calibration_error: float
    confusion: Tensor
    history: History

    def _repr_html_(self) -> str:
        """The page, in a frame of its own, so that its look and the notebook's keep apart."""
        inner = escape(self.report.read_text("utf-8"), quote=True)
        return f'<iframe title="the report" style="width:100%;height:44em;border:0" srcdoc="{inner}"></iframe>'


def fine_tune_folder(
    folder: Path | str,
    *,
    out: Path | str | None = None,
    backbone: str = "resnet10",
    plan: Plan | None = None,
    size: int = 64,
    seed: int = 0,
    report: Callable[[Epoch], object] | None = None,
) -> OwnImages:
    """Fine-tune a pre-trained network on a folder of pictures, one subfolder a class.

    The folder is looked over first (`lib.image_folder.survey`): whatever is amiss is left out and told, not crashed on.
    Of each class a fifth is for the test and a fifth for validation, drawn by `seed`. The network learns by `plan`, two
    phases of `lib.pipeline` unless another is given; the temperature comes from the validation pictures; the test ones
    are looked at once. `out`, "<folder>-model" unless given, gets the ONNX file, a page that tells all of it, and the
    facts as JSON, all of them or none; the result of an earlier call there is replaced.

    backbone: a bundled one, for which pictures are cut to `size` × `size` pixels, or one of torchvision's with its
    default weights and sizes (downloaded when asked for so). report: called after every epoch, in place of a line that
    tells how far the run is. Trains on the course's device; the same seed gives the same result on the same machine.
    The global random state is left as it is.

    Raises what `survey` and `load_backbone` raise; ValueError for size < 8, and where `out` holds something else.

    Example:
        >>> fine_tune_folder("nowhere")
        Traceback (most recent call last):
        NotADirectoryError: folder: expected a folder with a subfolder of pictures for each class, got nowhere
    """
    out = Path(out) if out is not None else Path(folder).resolve().with_name(f"{Path(folder).resolve().name}-model")
    _check_out(out, size)
    found = survey(folder)
    fitted = _fitted(backbone, size)
    task = _task(Path(folder).resolve().name, found, fitted, seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = replace_head(load_backbone(backbone, pretrained_weights(backbone), seed=seed), len(task.classes))
    model.to(settings.device())
    plan = replace(plan or Plan(two_phases(), patience=4), seed=seed)
    normalise = Normalisation(fitted.mean, fitted.std)
    told = report or Progress(plan)
    history = fine_tune(model, task.train, task.validation, plan, prepare=normalise, report=told)
    temperature, remark = _temperature(_scores(model, task.validation, normalise), task.validation.labels)
    scores = _scores(model, task.test, normalise) / temperature
    result = _judged(out, task, scores, temperature, history, (*found.findings, *remark))
    _write(result, model, task, fitted, scores)
    return result


# ---- data ---------------------------------------------------------------------------------------------------------


def _fitted(backbone: str, size: int) -> Fitted:
    own = preprocessing(backbone, pretrained_weights(backbone))
    if isinstance(own, Normalisation):
        return Fitted(own.mean, own.std, [size], [size])
    given = vars(own)
    return Fitted(
        tuple(given["mean"]), tuple(given["std"]), given["resize_size"], given["crop_size"], given["interpolation"]
    )


def _task(name: str, found: Survey, fitted: Fitted, seed: int) -> Task:
    images = torch.cat([fitted.cut(read_picture(path).unsqueeze(0)) for path in found.files])
    rows = divide(found.labels, _SHARES, seed)
    splits = {split: Split(images[of_split], found.labels[of_split]) for split, of_split in rows.items()}
    return Task(name, found.classes, **splits)


# ---- what came of it ----------------------------------------------------------------------------------------------


def _scores(model: nn.Module, split: Split, normalise: Normalisation) -> Tensor:
    return extract_features(model, normalise(split.images.to(settings.device()))).cpu()


def _temperature(scores: Tensor, labels: Tensor) -> tuple[float, tuple[str, ...]]:
    """The temperature that fits, or 1 and why."""
    try:
        return fit_temperature(scores, labels), ()
    except ValueError:
        reason = "the validation pictures are classified all right, or no better than by chance"
        return 1.0, (f"The confidence is as the network gives it, not calibrated: {reason}.",)


def _judged(
    out: Path, task: Task, scores: Tensor, temperature: float, history: History, findings: tuple[str, ...]
) -> OwnImages:
    confidence, named = scores.softmax(1).max(1)
    right, count = named == task.test.labels, len(task.classes)
    confusion = (task.test.labels * count + named).bincount(minlength=count**2).view(count, count)
    interval = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    return OwnImages(
        model=out / MODEL,
        report=out / REPORT,
        classes=task.classes,
        findings=findings,
        accuracy=float(right.double().mean()),
        interval=(float(interval.low), float(interval.high)),
        balanced=float((confusion.diagonal() / confusion.sum(1)).double().mean()),
        temperature=temperature,
        calibration_error=expected_calibration_error(confidence, right),
        confusion=confusion,
        history=history,
    )


def _write(result: OwnImages, model: nn.Module, task: Task, fitted: Fitted, scores: Tensor) -> None:
    """All files into a folder beside `out`, which then takes its place."""
    out = result.model.parent
    half = out.with_name(f".{out.name}.partial")
    shutil.rmtree(half, ignore_errors=True)
    pictures = Normalisation(fitted.mean, fitted.std)(task.test.images)
    facts = model_facts(task.classes, fitted, result.temperature)
    export_onnx(model, half / MODEL, pictures[:8] if len(pictures) > 1 else pictures.repeat(2, 1, 1, 1), facts)
    (half / REPORT).write_text(page(result, task, scores), encoding="utf-8")
    numbers = {"accuracy": result.accuracy, "interval": result.interval, "findings": result.findings}
    (half / FACTS).write_text(json.dumps(facts | numbers, indent=1, ensure_ascii=False), encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    half.rename(out)


def _check_out(out: Path, size: int) -> None:
    if size < 8:
        raise ValueError(f"size: expected at least 8 pixels, got {size}")
    if out.exists() and not (out / FACTS).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"out: expected a new folder, or one with an earlier result, {out} holds something else")
