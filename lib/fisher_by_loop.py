"""The Fisher information as its formula reads: one image and one class at a time.

It is written to be read. `lib.fisher` does the same for many images at once, and its tests compare the two.
"""

import torch
from torch import Tensor, nn


def fisher_diagonal(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """The diagonal of the Fisher information, by parameter name: how much the predictions depend on each parameter.

        F_i = 1/N Σ_n Σ_y p(y | x_n) · (∂ log p(y | x_n) / ∂θ_i)²,   p(· | x_n) = softmax of the scores of image x_n

    This is the F_i of Kirkpatrick et al. (2017, equation 3). The inner sum runs over all K classes: it is the mean over
    labels drawn from the model's own p, and no label of the data takes part. Each image's gradient, for each class, is
    squared before anything is added up.

    model: in evaluation mode, and left in it; takes images, shape (N, ...), N ≥ 1, and gives scores of shape (N, K).
    Returns a dict with every parameter that requires a gradient, by the name that `model.named_parameters()` gives it:
    tensors ≥ 0 of its shape and dtype, without history. Frozen parameters have no entry. No parameter and no `.grad`
    is changed. Draws nothing.

    Example:
        >>> model = nn.Linear(1, 2, bias=False)
        >>> _ = nn.init.zeros_(model.weight)  # p = ½ for both classes: the gradients are ±½ · x
        >>> fisher_diagonal(model, torch.tensor([[2.0], [4.0]]))
        {'weight': tensor([[2.5000],
                [2.5000]])}
    """
    learning = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    total = {name: torch.zeros_like(parameter) for name, parameter in learning.items()}
    for image in images:
        log_p = model(image.unsqueeze(0)).log_softmax(1)[0]  # (K,)
        for log_p_y in log_p:
            gradients = torch.autograd.grad(log_p_y, list(learning.values()), retain_graph=True)
            for name, gradient in zip(learning, gradients, strict=True):
                total[name] += log_p_y.detach().exp() * gradient.square()
    return {name: squares / len(images) for name, squares in total.items()}
