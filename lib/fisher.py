"""The Fisher information: how much a network's predictions depend on each of its parameters.

Where a small change of a parameter changes the predicted probabilities, its Fisher information is large; where the
predictions do not care, it is near zero. Its diagonal is a mean of squared gradients, one gradient for each image.
Squaring the gradient of a batch's mean loss is a common mistake: the images' gradients cancel in that mean, and the
square of what is left understates the Fisher information by about the batch size. `torch.func` gives each image's own
gradient at the price of a batch: `vjp` differentiates the scores of one image, `vmap` does it for many at once.
"""

import warnings
from collections.abc import Callable
from contextlib import ExitStack

import torch
from torch import Tensor, nn
from torch.func import functional_call, vjp, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.modules.batchnorm import _BatchNorm  # the root of BatchNorm 1d–3d and SyncBatchNorm

from lib.freezing import trainable_parameters


def fisher_diagonal(
    model: nn.Module,
    images: Tensor,
    *,
    labels: str = "sampled",
    true_labels: Tensor | None = None,
    generator: torch.Generator | None = None,
    chunk_size: int = 32,
) -> dict[str, Tensor]:
    """The diagonal of the Fisher information by parameter name, averaged over `images`.

        F_i = 1/N Σ_n E_y[ (∂ log p(y | x_n) / ∂θ_i)² ],   p(· | x_n) = softmax of the model's scores for image x_n

    This is the F_i of Kirkpatrick et al. (2017, equation 3), who leave open how y is chosen. `labels` says how:

    - "sampled": one y for each image, drawn from p(· | x_n). Right on average, at one backward pass;
    - "exact": all K classes, weighted by p(y | x_n). No noise, at K backward passes;
    - "empirical": the true labels. This is not the Fisher information: it vanishes where the network fits its labels,
      however much the predictions depend on the parameters (Kunstner, Hennig & Balles, 2019).

    images: shape (N, ...), N ≥ 1, on the model's device. The model is used in evaluation mode and gives scores of shape
    (N, K). true_labels: int64 in [0, K), shape (N,), on the same device; given for "empirical" and for nothing else.
    generator: needed for "sampled", on any device; it gives one uniform number for each image, all before the first
    chunk, so that the labels do not depend on `chunk_size`. Nothing else draws.

    Returns, for every parameter that requires a gradient, a tensor ≥ 0 of its shape, dtype and device, without history.
    It is 0 where the scores do not depend on the parameter. A parameter that two layers share is there once, under its
    first name. At most `chunk_size` images, with one gradient each, are in work at a time: about 2 · chunk_size numbers
    for each trainable one. An operation that torch cannot vectorise over images is repeated for each: slower, the same
    values. One that draws random numbers in evaluation mode ends in torch's RuntimeError.

    Before it returns, every layer is back in the mode it was found in. No parameter, `.grad` or running statistic is
    touched. Raises ValueError for whatever is not as said here, for a model without a trainable parameter or with one
    that is neither float32 nor float64 (squares underflow in half precision), and for a batch norm without running
    statistics (an image's scores depend on its batch); TypeError where a tensor is expected and something else comes.

    Example:
        >>> model = nn.Linear(1, 2, bias=False)
        >>> _ = nn.init.zeros_(model.weight)  # p = ½ for both classes: the gradients are ±½ · x
        >>> fisher_diagonal(model, torch.tensor([[2.0], [4.0]]), labels="exact")
        {'weight': tensor([[2.5000],
                [2.5000]])}
    """
    _check(model, images, labels, true_labels, generator, chunk_size)
    parameters = {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}
    total = {name: torch.zeros_like(value) for name, value in parameters.items()}

    def log_probabilities(values: dict[str, Tensor], image: Tensor) -> Tensor:
        return functional_call(model, values, (image.unsqueeze(0),)).log_softmax(1)[0]  # (K,)

    def squared_gradients(image: Tensor, choice: Tensor) -> dict[str, Tensor]:
        log_p, pull_back, *_ = vjp(lambda values: log_probabilities(values, image), parameters)
        return _sum_of_squares(pull_back, _directions(labels, log_p, choice))

    with _evaluating(model):
        choices = _choices(model, images, labels, true_labels, generator)
        for some, chosen in zip(images.split(chunk_size), choices.split(chunk_size), strict=True):
            for name, squares in vmap(squared_gradients)(some, chosen).items():
                total[name] += squares.sum(0)
    return {name: squares / len(images) for name, squares in total.items()}


def _directions(labels: str, log_p: Tensor, choice: Tensor) -> Tensor:
    """For one image, the vectors v whose pull-backs (∂ log p / ∂θ)ᵀ v, squared, add up to the mean over y: (·, K)."""
    classes = torch.arange(len(log_p), device=log_p.device)
    if labels == "exact":
        return (log_p / 2).exp().diag()  # √p(y) for class y: squared, its gradient counts p(y) times
    if labels == "sampled":
        passed = log_p.double().exp().cumsum(0) <= choice  # the inverse of the distribution function
        choice = passed.sum().clamp(max=len(log_p) - 1)
    return (classes == choice).to(log_p.dtype).unsqueeze(0)


def _sum_of_squares(pull_back: Callable[[Tensor], tuple[dict[str, Tensor]]], directions: Tensor) -> dict[str, Tensor]:
    """One direction at a time, so that one gradient is in work and not K of them."""
    total: dict[str, Tensor] = {}
    for direction in directions:
        (gradients,) = pull_back(direction)
        for name, gradient in gradients.items():
            total[name] = total[name] + gradient.square() if name in total else gradient.square()
    return total


def _choices(
    model: nn.Module, images: Tensor, labels: str, true_labels: Tensor | None, generator: torch.Generator | None
) -> Tensor:
    """What decides each image's label, shape (N,): a uniform number, the label itself, or (exact) nothing."""
    scores = model(images[:1])
    if not isinstance(scores, Tensor) or scores.ndim != 2:
        got = f"shape {tuple(scores.shape)}" if isinstance(scores, Tensor) else type(scores).__name__
        raise ValueError(f"model: expected scores of shape (N, K), got {got}")
    if generator is not None and labels == "sampled":
        uniform = torch.rand(len(images), generator=generator, device=generator.device, dtype=torch.float64)
        return uniform.to(images.device)
    if true_labels is None:
        return torch.zeros(len(images), device=images.device)
    if true_labels.min() < 0 or true_labels.max() >= scores.shape[1]:
        got = f"{true_labels.min()} to {true_labels.max()}"
        raise ValueError(f"true_labels: expected classes from 0 to {scores.shape[1] - 1}, got {got}")
    return true_labels


def _evaluating(model: nn.Module) -> ExitStack:
    """A context with `model` in evaluation mode and attention in the form that vmap vectorises; it undoes both."""
    with ExitStack() as stack:
        for layer in model.modules():
            stack.callback(setattr, layer, "training", layer.training)
        model.eval()
        stack.enter_context(torch.no_grad())
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "There is a performance drop because we have not yet implemented")
        return stack.pop_all()


# ---- what is refused ----------------------------------------------------------------------------------------------


def _check(
    model: nn.Module,
    images: Tensor,
    labels: str,
    true_labels: Tensor | None,
    generator: torch.Generator | None,
    chunk_size: int,
) -> None:
    _check_model(model)
    _check_images(model, images, chunk_size)
    _check_labels(labels, true_labels, generator, images)


def _check_model(model: nn.Module) -> None:
    dtypes = {parameter.dtype for parameter in trainable_parameters(model)}
    if not dtypes:
        raise ValueError("model: expected at least one trainable parameter, got none")
    if not dtypes <= {torch.float32, torch.float64}:
        raise ValueError(f"model: expected trainable parameters in float32 or float64, got {sorted(map(str, dtypes))}")
    for name, layer in model.named_modules():
        if isinstance(layer, _BatchNorm) and layer.running_mean is None:
            raise ValueError(f"model: expected batch norms with running statistics, got {name} = {layer}")


def _check_images(model: nn.Module, images: Tensor, chunk_size: int) -> None:
    if not isinstance(images, Tensor):
        raise TypeError(f"images: expected a tensor, got {type(images).__name__}")
    if images.ndim < 2 or len(images) == 0:
        raise ValueError(f"images: expected shape (N, ...), N ≥ 1, got {tuple(images.shape)}")
    device = next(model.parameters()).device
    if images.device != device:
        raise ValueError(f"images: expected them on the model's device, {device}, got {images.device}")
    if not isinstance(chunk_size, int) or chunk_size < 1:
        raise ValueError(f"chunk_size: expected a whole number of at least 1, got {chunk_size!r}")


def _check_labels(labels: str, true_labels: Tensor | None, generator: torch.Generator | None, images: Tensor) -> None:
    if labels not in ("sampled", "exact", "empirical"):
        raise ValueError(f'labels: expected "sampled", "exact" or "empirical", got {labels!r}')
    if labels == "sampled" and not isinstance(generator, torch.Generator):
        got = type(generator).__name__
        raise ValueError(f'generator: expected a torch.Generator to draw from for labels="sampled", got {got}')
    if (labels == "empirical") != (true_labels is not None):
        expected = "a tensor" if labels == "empirical" else "None"
        raise ValueError(f"true_labels: expected {expected} for labels={labels!r}, got {type(true_labels).__name__}")
    if true_labels is None:
        return
    if not isinstance(true_labels, Tensor):
        raise TypeError(f"true_labels: expected a tensor, got {type(true_labels).__name__}")
    expected = f"int64, shape ({len(images)},), on {images.device}"
    got = f"{str(true_labels.dtype).removeprefix('torch.')}, shape {tuple(true_labels.shape)}, on {true_labels.device}"
    if (true_labels.dtype, true_labels.shape, true_labels.device) != (torch.int64, images.shape[:1], images.device):
        raise ValueError(f"true_labels: expected {expected}, got {got}")
