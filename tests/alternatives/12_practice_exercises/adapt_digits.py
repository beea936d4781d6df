"""Right answers in other styles than the reference's."""

import copy
import math
from types import SimpleNamespace

import torch
import torch.nn.functional as F

from lib.adversarial import adversarial_step
from lib.gradient_reversal import reversal_strength


def adapt_digits_written_out(network, batches, optimiser, score):
    """Without `adversarial_step`."""
    found = {}
    for name in ["without", "with"]:
        copied = copy.deepcopy(network)
        copied.train()
        steps = optimiser(copied.parameters())
        accuracies = []
        for number, (images, labels, others) in enumerate(batches):
            p = number / len(batches)
            copied.reversal.strength = 2 / (1 + math.exp(-10 * p)) - 1 if name == "with" else 0.0
            class_logits, domain_logits = copied(torch.cat([images, others]))
            domains = torch.cat([torch.zeros(len(images)), torch.ones(len(others))]).to(domain_logits)
            each = F.binary_cross_entropy_with_logits(domain_logits, domains, reduction="none")
            domain = (each[: len(images)].mean() + each[len(images) :].mean()) / 2
            loss = F.cross_entropy(class_logits[: len(images)], labels) + domain
            steps.zero_grad()
            loss.backward()
            steps.step()
            right = (domain_logits > 0) == (domains > 0)
            accuracies.append(float(right[: len(images)].double().mean() + right[len(images) :].double().mean()) / 2)
        copied.eval()
        predictor = copied.predictor()
        predictor.eval()
        found[name] = SimpleNamespace(network=copied, accuracy=score(predictor), domain_accuracy=accuracies)
    return found


def adapt_digits_with_strengths_beforehand(network, batches, optimiser, score):
    steps = len(batches)
    strengths = {"without": [0.0] * steps, "with": [reversal_strength(k / steps) for k in range(steps)]}

    def run(values):
        mine = copy.deepcopy(network).train()
        opt = optimiser(list(mine.parameters()))
        domain = [
            adversarial_step(mine, opt, x, y, z, s).domain_accuracy
            for (x, y, z), s in zip(batches, values, strict=True)
        ]
        return SimpleNamespace(network=mine.eval(), accuracy=score(mine.predictor().eval()), domain_accuracy=domain)

    return {name: run(values) for name, values in strengths.items()}


def adapt_digits_scored_at_the_end(network, batches, optimiser, score):
    """Both trained first, then both scored; the optimiser gets the parts' parameters."""
    networks, told = {}, {}
    for reversing in (False, True):
        name = "with" if reversing else "without"
        networks[name], told[name] = copy.deepcopy(network), []
        networks[name].train()
        parts = (networks[name].features, networks[name].classifier, networks[name].discriminator)
        opt = optimiser([parameter for part in parts for parameter in part.parameters()])
        for done in range(len(batches)):
            source, labels, target = batches[done]
            strength = reversal_strength(done / len(batches)) * reversing
            losses = adversarial_step(networks[name], opt, source, labels, target, strength=strength)
            told[name] += [losses.domain_accuracy]
    scores = {name: score(one.eval().predictor().train(False)) for name, one in networks.items()}
    return {
        name: SimpleNamespace(network=networks[name], accuracy=scores[name], domain_accuracy=told[name])
        for name in networks
    }


def adapt_digits_with_reversal_first(network, batches, optimiser, score):
    """The other order; the predictor shares the layers of a network that is already in evaluation mode."""
    found = {}
    for name, factor in {"with": 1, "without": 0}.items():
        mine = copy.deepcopy(network).train()
        opt = optimiser(mine.parameters())
        told = []
        for done, batch in enumerate(batches):
            told.append(adversarial_step(mine, opt, *batch, factor * reversal_strength(done / len(batches))))
        mine.eval()
        domain = tuple(one.domain_accuracy for one in told)
        found[name] = SimpleNamespace(network=mine, accuracy=score(mine.predictor()), domain_accuracy=domain)
    return found


def adapt_digits_side_by_side(network, batches, optimiser, score):
    """Both runs make each step together."""
    runs = {name: copy.deepcopy(network).train() for name in ("without", "with")}
    optimisers = {name: optimiser(one.parameters()) for name, one in runs.items()}
    told = {name: [] for name in runs}
    for done, batch in enumerate(batches):
        for name, one in runs.items():
            strength = reversal_strength(done / len(batches)) if name == "with" else 0.0
            told[name].append(adversarial_step(one, optimisers[name], *batch, strength).domain_accuracy)
    return {
        name: SimpleNamespace(network=one.eval(), accuracy=score(one.predictor().eval()), domain_accuracy=told[name])
        for name, one in runs.items()
    }
