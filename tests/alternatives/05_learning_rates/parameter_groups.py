"""Right answers in other styles than the reference's."""

from torch import nn

from lib.stages import stages


def parameter_groups_by_loop(model, base, decay=1.0, *, weight_decay=0.01):
    seen = set()
    groups = []
    parts = stages(model)
    depth = len(parts)
    for i, (name, stage) in enumerate(parts.items()):
        lr = base * decay ** (depth - i - 1)
        with_decay = []
        without_decay = []
        for p in stage.parameters():
            if p in seen:
                continue
            seen.add(p)
            if p.dim() <= 1:
                without_decay.append(p)
            else:
                with_decay.append(p)
        if len(with_decay) > 0:
            groups.append({"params": with_decay, "lr": lr, "weight_decay": weight_decay, "name": name})
        if len(without_decay) > 0:
            groups.append({"params": without_decay, "lr": lr, "weight_decay": 0, "name": name + ", no decay"})
    return groups


def parameter_groups_by_dictionary(model, base, decay=1.0, *, weight_decay=0.01):
    """The first stage of each parameter first, then everything else from that."""
    parts = stages(model)
    home = {}
    for name, stage in reversed(parts.items()):
        home.update({id(p): name for p in stage.parameters()})
    table = {}
    for name in parts:
        table[name] = dict(weight_decay=weight_decay, name=name, params=[])
        table[f"{name}, no decay"] = dict(weight_decay=0.0, name=f"{name}, no decay", params=[])
    for full_name, p in model.named_parameters():
        plain = p.ndim < 2 or full_name.endswith("bias")
        table[home[id(p)] + (", no decay" if plain else "")]["params"].append(p)
    for power, name in enumerate(list(parts)[::-1]):
        for key in (name, f"{name}, no decay"):
            table[key]["lr"] = base * decay**power
    return [group for group in table.values() if group["params"]]


def parameter_groups_by_type_of_layer(model, base, decay=1.0, *, weight_decay=0.01):
    """Asks each layer what it is, and keeps what is left over for parameters that no layer holds."""
    spared = set()
    for layer in model.modules():
        for name, p in layer.named_parameters(recurse=False):
            if name == "bias" or isinstance(layer, nn.modules.batchnorm._BatchNorm | nn.LayerNorm) or p.ndim == 1:
                spared.add(p)
    placed, rate, groups = set(), base, []
    names = list(stages(model))
    rates = {}
    for name in names[::-1]:
        rates[name] = rate
        rate *= decay
    for name, stage in stages(model).items():
        mine = [p for p in stage.parameters() if p not in placed]
        placed.update(mine)
        for chosen, amount, label in (
            ([p for p in mine if p not in spared], weight_decay, name),
            ([p for p in mine if p in spared], 0.0, f"{name}, no decay"),
        ):
            if chosen:
                groups += [{"name": label, "lr": rates[name], "weight_decay": amount, "params": iter(chosen)}]
    return tuple(groups)
