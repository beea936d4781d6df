"""The page that tells what came of a folder of pictures: one file, no script, nothing from elsewhere."""

import base64
import io
from html import escape
from typing import TYPE_CHECKING

from torch import Tensor
from torchvision.transforms.v2.functional import to_pil_image

from lib import plots
from lib.datasets.task import Task
from lib.history_picture import history_picture

if TYPE_CHECKING:
    from lib.own_images import OwnImages

_SHOWN, _MISTAKES = 6, 12  # pictures of a class, and mistakes, at most
_TAKEN = "What it takes for what"
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root{color-scheme:light dark}body{background:Canvas;color:CanvasText;font:16px/1.5 system-ui,sans-serif}
body{max-width:48em;margin:2em auto;padding:0 1em}
h1{line-height:1.2}img{max-width:100%;height:auto}.large{font-size:1.6em;font-weight:600;margin:.2em 0}
table{border-collapse:collapse}caption{text-align:left}td,th{padding:.25em .7em;text-align:right}
td,th{border-top:1px solid #8885}.wide{overflow-x:auto}.right{background:#0a83;font-weight:600}
.mistakes{display:flex;flex-wrap:wrap;gap:1em}figure{margin:0;width:9em}figcaption{font-size:.85em}
pre{background:#8882;padding:.8em 1em;border-radius:6px;overflow-x:auto}
"""


def page(result: "OwnImages", task: Task, scores: Tensor) -> str:
    """The report, as HTML. scores: of the test pictures, shape (N, K), divided by the temperature."""
    parts = [_summary(result, task), _findings(result), _examples(task), _confusion(result), _mistakes(task, scores)]
    parts += [f"<h2>How it learnt</h2>{history_picture(result.history)._repr_html_()}", _use(result)]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(task.name)}: the model</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(task.name)}: the model</h1>{''.join(parts)}</main></body></html>\n"
    )


def _summary(result: "OwnImages", task: Task) -> str:
    low, high = (100 * end for end in result.interval)
    right = f'<p class="large">{100 * result.accuracy:.1f} % right</p>'
    certain = (
        "on test pictures that nothing was chosen by; with other ones like them, between "
        f"{low:.0f} and {high:.0f} % (95 % interval). Every class counting alike: {100 * result.balanced:.1f} %."
    )
    confidence = (
        f"Confidence and accuracy lie {100 * result.calibration_error:.1f} points apart on average, at a "
        f"temperature of {result.temperature:.2f}."
    )
    counts = (
        f"{len(task.classes)} classes; {len(task.train)} pictures to learn from, {len(task.validation)} to choose by, "
        f"{len(task.test)} to be tested on."
    )
    return f"{right}<p>{certain} {confidence}</p><p>{counts}</p>"


def _findings(result: "OwnImages") -> str:
    if not result.findings:
        return "<h2>The folder</h2><p>Nothing was amiss.</p>"
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in result.findings)
    return f"<h2>The folder</h2><p>What was found in it:</p><ul>{items}</ul>"


def _examples(task: Task) -> str:
    """As many of each class as the smallest has, in the network's own size."""
    rows = [task.train.images[task.train.labels == number] for number in range(len(task.classes))]
    count = min(_SHOWN, *map(len, rows))
    shown = {name: row[:count] for name, row in zip(task.classes, rows, strict=True)}
    picture = plots.image_rows(shown, "Some of each class, as the network sees them")
    return f"<h2>What it learnt from</h2>{picture._repr_html_()}"


def _confusion(result: "OwnImages") -> str:
    names = [escape(name) for name in result.classes]
    head = "".join(f"<th scope=col>{name}</th>" for name in names)
    rows = ""
    for number, (name, counts) in enumerate(zip(names, result.confusion.tolist(), strict=True)):
        cells = "".join(f"<td{' class=right' * (place == number)}>{count}</td>" for place, count in enumerate(counts))
        rows += f"<tr><th scope=row>{name}</th>{cells}</tr>"
    caption = "<caption>Test pictures: a row for each class, a column for what the network said</caption>"
    return (
        f'<h2>{_TAKEN}</h2><div class="wide" role="region" aria-label="{_TAKEN}" tabindex="0">'
        f"<table>{caption}<tr><td></td>{head}</tr>{rows}</table></div>"
    )


def _mistakes(task: Task, scores: Tensor) -> str:
    """The surest first, each with its picture."""
    confidence, named = scores.softmax(1).max(1)
    wrong = (named != task.test.labels).nonzero().flatten()
    if not len(wrong):
        return "<h2>Mistakes</h2><p>None on the test pictures.</p>"
    surest = wrong[confidence[wrong].argsort(descending=True, stable=True)][:_MISTAKES]
    figures = ""
    for row in surest.tolist():
        words = f"{task.classes[int(task.test.labels[row])]}, taken for {task.classes[int(named[row])]}"
        said = f"{escape(words)}, with a confidence of {100 * float(confidence[row]):.0f} %"
        figures += f"<figure>{_image(task.test.images[row], words)}<figcaption>{said}</figcaption></figure>"
    return f'<h2>Mistakes</h2><p>{len(wrong)} in all; the surest first.</p><div class="mistakes">{figures}</div>'


def _image(pixels: Tensor, words: str) -> str:
    buffer = io.BytesIO()
    to_pil_image(pixels).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(words)}" width="96" src="data:image/png;base64,{data}">'


def _use(result: "OwnImages") -> str:
    code = f'from lib.export import predict_onnx\n\nprint(predict_onnx("{result.model.name}", "a picture.jpg"))'
    words = "In this folder, with the course installed. Any program that reads ONNX can do it by the file's own facts."
    return f"<h2>How to use it</h2><pre>{escape(code, quote=False)}</pre><p>{words}</p>"
