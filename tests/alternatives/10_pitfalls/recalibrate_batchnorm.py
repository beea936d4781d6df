"""Right answers in other styles than the reference's."""

import torch
from torch import nn

KINDS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def recalibrate_batchnorm_with_hooks(model, images, batch_size=256):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    order = []
    norms = [module for module in model.modules() if isinstance(module, KINDS)]
    hooks = [norm.register_forward_pre_hook(lambda layer, inputs: order.append(layer)) for norm in norms]
    with torch.no_grad():
        model(images[:1])
        for hook in hooks:
            hook.remove()
        for norm in order:
            pieces = []
            hook = norm.register_forward_pre_hook(lambda layer, inputs, pieces=pieces: pieces.append(inputs[0]))
            for start in range(0, len(images), batch_size):
                model(images[start : start + batch_size])
            hook.remove()
            values = torch.cat(pieces).transpose(0, 1).flatten(1)
            norm.running_mean.copy_(values.mean(dim=1))
            norm.running_var.copy_(values.var(dim=1))
    for module, mode in modes.items():
        module.training = mode
    return model


def recalibrate_batchnorm_by_running_sums(model, images, batch_size=256):
    """Sums of x and x² in double precision, and a forward hook that looks at the input."""
    modes = [m.training for m in model.modules()]
    order, model = [], model.eval()
    norms = [m for m in model.modules() if getattr(m, "running_mean", None) is not None]
    handles = [n.register_forward_hook(lambda layer, args, out: order.append(layer)) for n in norms]
    with torch.inference_mode():
        model(images[:2])
        [handle.remove() for handle in handles]
        for norm in order:
            sums = [0, 0.0, 0.0]

            def add(layer, args, out, sums=sums):
                x = args[0].double()
                axes = [axis for axis in range(x.ndim) if axis != 1]
                sums[0] += x.numel() // x.shape[1]
                sums[1] = sums[1] + x.sum(axes)
                sums[2] = sums[2] + (x**2).sum(axes)

            handle = norm.register_forward_hook(add)
            for batch in torch.split(images, batch_size):
                model(batch)
            handle.remove()
            n, s, q = sums
            norm.running_mean[:] = s / n
            norm.running_var[:] = (q - s * s / n) / (n - 1)
    for module, mode in zip(model.modules(), modes, strict=False):
        module.training = mode
    return model


def recalibrate_batchnorm_with_its_own_mean(model, images, batch_size=256):
    """The norm under measurement is alone in training mode, sees all images as one batch, and keeps what it saw."""
    states = [(m, m.training) for m in model.modules()]
    model.eval()
    order = []
    for _, m in model.named_modules():
        if isinstance(m, KINDS):
            m._note = m.register_forward_pre_hook(lambda layer, _: order.append(layer))
    with torch.no_grad():
        model(images[:2])
    for m in order:
        m._note.remove()
        del m._note
    for norm in order:
        momentum, count = norm.momentum, norm.num_batches_tracked.clone()
        norm.momentum = 1.0
        norm.train()
        with torch.no_grad():
            model(images)
        norm.eval()
        norm.momentum = momentum
        norm.num_batches_tracked.copy_(count)
    for m, mode in states:
        m.training = mode
    return model
