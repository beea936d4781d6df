"""Right answers in other styles than the reference's."""

import torch


def ewc_penalty_by_loop(model, fisher, anchor, strength):
    loss = 0
    for name, parameter in model.named_parameters():
        if name in fisher:
            loss = loss + (fisher[name].detach() * (parameter - anchor[name].detach()) ** 2).sum()
    return strength / 2 * loss


def ewc_penalty_as_one_vector(model, fisher, anchor, strength):
    new = torch.cat([model.get_parameter(name).flatten() for name in fisher])
    old = torch.cat([anchor[name].flatten() for name in fisher]).detach()
    F = torch.cat([values.reshape(-1) for values in fisher.values()]).detach()
    return 0.5 * strength * torch.dot(F, (new - old).square())


def ewc_penalty_by_einsum(model, fisher, anchor, strength):
    parameters = dict(model.named_parameters())
    total = torch.zeros((), dtype=next(model.parameters()).dtype, device=next(model.parameters()).device)
    for name in fisher:
        way = parameters[name] - anchor[name].data
        total = total + torch.einsum("...,...,...->...", fisher[name].data, way, way).sum()
    return total.mul(strength).div(2)


def ewc_penalty_in_double(model, fisher, anchor, strength):
    terms = [
        (fisher[name].detach().double() * (parameter.double() - anchor[name].detach().double()).pow(2)).sum()
        for name, parameter in model.named_parameters()
        if name in fisher
    ]
    return (sum(terms) * strength / 2).to(next(model.parameters()).dtype)
