"""Elastic weight consolidation: learning a new task while holding on to what the old one needs.

A network that is trained on a new task forgets the old one: nothing tells training which parameters the old task lives
in. Elastic weight consolidation (EWC; Kirkpatrick et al., 2017) ties each parameter to its old value by a spring, stiff
where the old task's predictions depend on the parameter (its Fisher information, `lib.fisher`) and slack where they do
not. L2-SP (Li, Grandvalet & Davoine, 2018) gives every spring the same stiffness.
"""

import torch
from torch import Tensor, nn

from lib.anchors import check_alike, check_anchor, check_range, check_tensors, held_parameters


def copy_parameters(model: nn.Module) -> dict[str, Tensor]:
    """Copies of all parameters of `model` by name: the anchor θ* or w⁰ of the penalties below.

    Frozen parameters are included and buffers are not. A parameter that two layers share is there once, under its first
    name. The copies have no history, and later training does not reach them. `torch.save` stores the result as it is.

    Example:
        >>> list(copy_parameters(nn.Linear(2, 1)))
        ['weight', 'bias']
    """
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def ewc_penalty(model: nn.Module, fisher: dict[str, Tensor], anchor: dict[str, Tensor], strength: float) -> Tensor:
    """The penalty of elastic weight consolidation, λ/2 · Σ_i F_i (θ_i − θ*_i)², to be added to the new task's loss.

    Kirkpatrick et al. (2017), equation 3, with λ = `strength` ≥ 0, F = `fisher` and θ* = `anchor`, both by parameter
    name. The names in `fisher` are the parameters that are held, whether they require a gradient or not. Each must be a
    parameter of `model` and stand in `anchor`, with the same shape, dtype and device. `anchor` may have more names.
    Parameters of the model that `fisher` does not name, such as those of a new head, are free. Where a head was
    replaced, leave the old one's names out: `{name: F for name, F in fisher.items() if not name.startswith("fc.")}`.

    Returns a scalar of the parameters' dtype, differentiable in θ alone: the gradient is λ F (θ − θ*), and none reaches
    `fisher` or `anchor`. Plain gradient descent diverges where its learning rate times λ F_i is above 2. Nothing is
    changed. Raises ValueError for an empty `fisher`, for a name, shape, dtype or device that does not match, for an
    anchor that is the model's own memory and would move along with it, and for a strength that is negative or not
    finite; TypeError where `fisher` or `anchor` is no dict of tensors or `strength` is not a number.

    Example:
        >>> model = nn.Linear(1, 1, bias=False)
        >>> anchor = {"weight": model.weight.detach() - 3}
        >>> round(ewc_penalty(model, {"weight": torch.tensor([[2.0]])}, anchor, strength=0.5).item(), 3)
        4.5
    """
    held = held_parameters(model, fisher, anchor, strength)
    return strength / 2 * torch.stack([(F * (new - old).square()).sum() for new, F, old in held]).sum()


@torch.no_grad()
def add_ewc_gradient_(model: nn.Module, fisher: dict[str, Tensor], anchor: dict[str, Tensor], strength: float) -> None:
    """Add the gradient of `ewc_penalty` in closed form, λ F (θ − θ*), to each `.grad`: the same step, without a graph.

    In place. Call it between `loss.backward()` and `optimiser.step()`: after a gradient scaler's `unscale_`, before
    clipping. A `.grad` that is None counts as zero. A held parameter that requires no gradient gets none, as with
    autograd. Arguments, and what is raised, are those of `ewc_penalty`; besides, ValueError where none of the held
    parameters requires a gradient.

    Example:
        >>> model = nn.Linear(1, 1, bias=False)
        >>> anchor = {"weight": model.weight.detach() - 3}
        >>> add_ewc_gradient_(model, {"weight": torch.tensor([[2.0]])}, anchor, strength=0.5)
        >>> round(model.weight.grad.item(), 3)
        3.0
    """
    held = [(new, F, old) for new, F, old in held_parameters(model, fisher, anchor, strength) if new.requires_grad]
    if not held:
        raise ValueError("fisher: expected the name of a parameter that requires a gradient, got none")
    parameters, stiffnesses, old = (list(column) for column in zip(*held, strict=True))
    gradients = [torch.zeros_like(new) if new.grad is None else new.grad for new in parameters]
    torch._foreach_addcmul_(gradients, stiffnesses, torch._foreach_sub(parameters, old), value=strength)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient


def consolidate(earlier: dict[str, Tensor], fisher: dict[str, Tensor], decay: float = 1.0) -> dict[str, Tensor]:
    """The Fisher information to hold after one more task, F* ← γ F* + F: online EWC, in memory that never grows.

    Schwarz et al. (2018, "Online EWC"), with F* = `earlier` (empty before the first task), F = `fisher` and γ = `decay`
    in [0, 1]. The anchor to use with it is the newest θ*. With γ = 1 this is the sum over all tasks, held at the newest
    parameters, as Bayes' rule has it (Huszár, 2018); with γ = 0 only the last task counts. The paper decays once more
    in its penalty, which uses γ F*; here that factor belongs to λ. It also normalises each task's F, so that tasks
    count alike; where that is wanted, do it before the call. A name that only one of the two has counts as zero in the
    other: a head that is no longer trained decays, a new one joins.

    Returns new tensors, without history. Nothing is changed. Raises ValueError for an empty `fisher`, for a name under
    which the two have another shape, dtype or device, and for a decay outside [0, 1]; TypeError where `earlier` or
    `fisher` is no dict of tensors or `decay` is not a number.

    Example:
        >>> consolidate({"w": torch.tensor([2.0])}, {"w": torch.tensor([1.0]), "v": torch.tensor([3.0])}, decay=0.5)
        {'w': tensor([2.]), 'v': tensor([3.])}
    """
    check_range("decay", decay, most=1)
    check_tensors("earlier", earlier, least=0)
    check_tensors("fisher", fisher)
    check_alike("fisher", fisher, earlier, [name for name in fisher if name in earlier])
    kept = {name: decay * values.detach() for name, values in earlier.items()}
    return kept | {name: kept.get(name, 0) + values.detach() for name, values in fisher.items()}


def l2_sp_penalty(model: nn.Module, anchor: dict[str, Tensor], alpha: float, beta: float) -> Tensor:
    """The penalty that takes the pre-trained network as the starting point: α/2 · ‖w_S − w⁰_S‖² + β/2 · ‖w_S̄‖².

    Li, Grandvalet & Davoine (2018, L²-SP). w: all parameters of `model` that require a gradient, biases and norms
    included. S: those of them that `anchor` names; it has their pre-trained values w⁰. S̄: the others, such as those of
    a new head, which are drawn towards zero. A frozen parameter does not count, whether `anchor` names it or not. The
    penalty takes the place of weight decay: give the optimiser `weight_decay=0`.

    Every name in `anchor` must be a parameter of `model`, with the same shape, dtype and device. A new head has no
    pre-trained values: leave its names out of `anchor`, above all where the old head happens to have the same shape.
    α ≥ 0, β ≥ 0. Where S or S̄ is empty, its term is 0.

    Returns a scalar of the parameters' dtype, differentiable in w; no gradient reaches `anchor`. Nothing is changed.
    Raises ValueError for an empty `anchor`, for a name, shape, dtype or device that does not match, for an anchor that
    is the model's own memory and would move along with it, for an α or β that is negative or not finite, and for a
    model without a trainable parameter; TypeError where `anchor` is no dict of tensors or α or β is not a number.

    Example:
        >>> model = nn.Linear(1, 1)
        >>> _ = nn.init.constant_(model.weight, 5.0), nn.init.constant_(model.bias, 2.0)
        >>> penalty = l2_sp_penalty(model, {"weight": torch.tensor([[2.0]])}, alpha=1.0, beta=0.1)
        >>> round(penalty.item(), 3)  # 1/2 · 3² + 0.1/2 · 2²
        4.7
    """
    check_range("alpha", alpha)
    check_range("beta", beta)
    check_anchor(anchor, dict(model.named_parameters()), anchor)
    trainable = {name: w for name, w in model.named_parameters() if w.requires_grad}
    if not trainable:
        raise ValueError("model: expected at least one trainable parameter, got none")
    terms = [(alpha, w - anchor[name].detach()) if name in anchor else (beta, w) for name, w in trainable.items()]
    return torch.stack([weight / 2 * difference.square().sum() for weight, difference in terms]).sum()
