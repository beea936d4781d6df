"""Right answers in other styles than the reference's."""

import math

import torch

from lib.inference import image_batches


def predict_batch_by_batch(model, images, classes, prepare, *, temperature=1.0, batch_size=64):
    """Names are found as the batches come; modes are kept in a dictionary."""
    if not (temperature > 0 and math.isfinite(temperature)):
        raise ValueError(f"temperature: {temperature}")
    modes = {layer: layer.training for layer in model.modules()}
    weight = next(model.parameters(), torch.zeros(1))
    model.eval()
    answers = []
    try:
        with torch.no_grad():
            for batch in image_batches(images, prepare, batch_size):
                scores = model(batch.to(device=weight.device, dtype=weight.dtype))
                if scores.shape[1] != len(classes):
                    raise ValueError("classes")
                if not torch.isfinite(scores).all():
                    raise ValueError("scores")
                probabilities = torch.softmax(scores / temperature, dim=1)
                for row in probabilities:
                    k = int(row.argmax())
                    answers.append((classes[k], float(row[k])))
    finally:
        for layer, mode in modes.items():
            layer.training = mode
    return answers


@torch.inference_mode()
def predict_by_log_probabilities(model, images, classes, prepare, *, temperature=1.0, batch_size=64):
    """The confidence is exp(max log softmax), in float64."""
    if temperature <= 0 or temperature != temperature or temperature == float("inf"):
        raise ValueError("temperature")
    batches = list(image_batches(images, prepare, batch_size))
    before = [(layer, layer.training) for layer in model.modules()]
    model.train(False)
    kind = next(model.parameters(), torch.zeros(1))
    z = torch.cat([model(batch.to(kind)) for batch in batches]).double()
    for layer, mode in before:
        layer.training = mode
    if z.size(1) != len(classes) or bool(z.isnan().any()) or bool(z.isinf().any()):
        raise ValueError("the scores do not fit")
    best = (z / temperature).log_softmax(dim=-1).topk(1, dim=-1)
    return list(zip([classes[int(i)] for i in best.indices], best.values.exp().flatten().tolist(), strict=True))


class _Evaluating:
    """Evaluation mode for a with-block."""

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.modes = [module.training for module in self.model.modules()]
        self.model.eval()

    def __exit__(self, *_):
        for module, mode in zip(self.model.modules(), self.modes, strict=True):
            module.training = mode


def predict_with_a_context(model, images, classes, prepare, *, temperature=1.0, batch_size=64):
    """1 / Σ exp((z − z_max) / T) is the largest entry of the softmax."""
    if not 0 < temperature < math.inf:
        raise ValueError("temperature")
    parameter = [*model.parameters(), torch.zeros(1)][0]
    rows = []
    with _Evaluating(model), torch.no_grad():
        for batch in image_batches(images, prepare, batch_size):
            rows.extend(model(batch.to(parameter.device).to(parameter.dtype)).cpu())
    names = []
    for row in rows:
        if len(row) != len(classes):
            raise ValueError("classes")
        if not row.isfinite().all():
            raise ValueError("scores")
        confidence = 1 / ((row - row.max()) / temperature).exp().sum()
        names.append((classes[row.tolist().index(row.max().item())], confidence.item()))
    return names
