"""Right answers in other styles than the reference's."""

import torch
from torch import nn
from torch.func import functional_call, jacrev, vmap


def fisher_diagonal_by_backward(model, images):
    """Beginners' style: backward() and .grad, with what was in .grad put back."""
    kept = {}
    for name, p in model.named_parameters():
        kept[name] = p.grad
    learning = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    result = {name: torch.zeros(p.shape, dtype=p.dtype, device=p.device) for name, p in learning}
    for i in range(len(images)):
        classes = model(images[i : i + 1]).shape[1]
        for y in range(classes):
            for p in model.parameters():
                p.grad = None
            scores = model(images[i : i + 1])
            log_p = torch.log_softmax(scores, dim=1)[0, y]
            log_p.backward()
            weight = log_p.detach().exp()
            for name, p in learning:
                result[name] += weight * p.grad**2
    for name, p in model.named_parameters():
        p.grad = kept[name]
    return {name: total / images.shape[0] for name, total in result.items()}


def fisher_diagonal_by_jacobians(model, images):
    """All images and classes at once, with torch.func."""
    parameters = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}

    def log_p(values, image):
        return functional_call(model, values, (image[None],)).log_softmax(-1).squeeze(0)

    jacobians = vmap(jacrev(log_p), in_dims=(None, 0))(parameters, images)
    with torch.no_grad():
        p = model(images).softmax(1)
    return {name: torch.einsum("nk,nk...->...", p, j.square()) / len(images) for name, j in jacobians.items()}


def fisher_diagonal_by_roots(model, images):
    """The gradient of √p, four times squared: (∂ log p)² p = 4 (∂ √p)²."""
    names, learning = zip(*[(n, p) for n, p in model.named_parameters() if p.requires_grad], strict=False)
    sums = [torch.zeros_like(p) for p in learning]
    for image in images.split(1):
        for root in nn.functional.softmax(model(image), dim=1).sqrt().flatten():
            for total, g in zip(sums, torch.autograd.grad(root, learning, retain_graph=True), strict=False):
                total.add_(4 * g * g / len(images))
    return dict(zip(names, sums, strict=False))


def fisher_diagonal_in_double(model, images):
    """Summed in double precision, brought back at the end."""
    found = {n: p.new_zeros(p.shape, dtype=torch.float64) for n, p in model.named_parameters() if p.requires_grad}
    for x in images:
        logits = model(x.unsqueeze(0))
        p = logits.softmax(dim=-1)[0].tolist()
        for y, share in enumerate(p):
            loss = nn.functional.cross_entropy(logits, torch.tensor([y], device=logits.device))
            learning = [p for p in model.parameters() if p.requires_grad]
            for name, g in zip(found, torch.autograd.grad(loss, learning, retain_graph=True), strict=False):
                found[name] += share * g.double().pow(2)
    return {n: (v / len(images)).to(model.get_parameter(n).dtype) for n, v in found.items()}
