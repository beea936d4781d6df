"""Right answers in other styles than the reference's."""

import torch
import torch.nn.functional as F
from torch import nn

from lib.adversarial import AdversarialLosses, domain_loss


def adversarial_step_by_targets(network, optimiser, source_images, source_labels, target_images, strength):
    """Domain labels and weights, one binary cross-entropy."""
    n = source_images.shape[0]
    m = target_images.shape[0]
    network.reversal.strength = strength
    optimiser.zero_grad(set_to_none=False)
    y, d = network(torch.cat((source_images, target_images), dim=0))
    domains = torch.cat([d.new_zeros(n), d.new_ones(m)])
    weights = torch.cat([d.new_full((n,), 0.5 / n), d.new_full((m,), 0.5 / m)])
    loss_y = nn.CrossEntropyLoss()(y[:n], source_labels)
    loss_d = F.binary_cross_entropy_with_logits(d, domains, weight=weights, reduction="sum")
    loss = loss_y + loss_d
    loss.backward()
    optimiser.step()
    with torch.no_grad():
        right = (d > 0) == (domains == 1)
        acc = 0.5 * right[:n].float().mean() + 0.5 * right[n:].float().mean()
    return AdversarialLosses(loss_y.item(), loss_d.item(), acc.item())


def adversarial_step_by_parts(network, optimiser, source_images, source_labels, target_images, strength):
    """Two backward passes over the network's own parts, whose gradients add up."""
    optimiser.zero_grad()
    network.reversal.strength = float(strength)
    features = network.features(torch.cat([source_images, target_images]))
    count = len(source_images)
    task = F.nll_loss(F.log_softmax(network.classifier(features[:count]), dim=1), source_labels)
    logits = network.discriminator(network.reversal(features))[:, 0]
    domain = (F.softplus(logits[:count]).mean() + F.softplus(-logits[count:]).mean()) / 2
    task.backward(retain_graph=True)
    domain.backward()
    optimiser.step()
    hits_s = sum(1 for value in logits[:count].tolist() if value <= 0)
    hits_t = sum(1 for value in logits[count:].tolist() if value > 0)
    share = (hits_s / count + hits_t / len(target_images)) / 2
    return AdversarialLosses(task=float(task.detach()), domain=float(domain.detach()), domain_accuracy=share)


def adversarial_step_by_split(network, optimiser, source_images, source_labels, target_images, strength):
    sizes = [len(source_images), len(target_images)]
    network.reversal.strength = strength
    class_logits, domain_logits = network(torch.vstack([source_images, target_images]))
    of_source, _ = class_logits.split(sizes)
    s, t = domain_logits.split(sizes)
    losses = [F.cross_entropy(of_source, source_labels), domain_loss(s, t)]
    for group in optimiser.param_groups:
        for p in group["params"]:
            p.grad = None
    sum(losses).backward()
    optimiser.step()
    accuracy = torch.stack([(s <= 0).double().mean(), (t > 0).double().mean()]).mean()
    return AdversarialLosses(losses[0].item(), losses[1].item(), float(accuracy))
