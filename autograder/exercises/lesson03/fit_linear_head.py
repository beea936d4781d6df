"""Exercise: fit a linear head on features that no longer change."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson03 as probes
from lib.features import fit_linear_head


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, counts: tuple[int, ...], width: int, penalty: float, dtype: torch.dtype) -> Case:
        labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
        centres = 0.8 * torch.randn(len(counts), width, generator=generator, dtype=dtype)
        features = centres[labels] + 0.5 + torch.randn(len(labels), width, generator=generator, dtype=dtype)
        features *= min(1.0, (4 / width) ** 0.5)  # of one length, so that a step fits all cases or none
        order = torch.randperm(len(labels), generator=generator)
        unseen = torch.randn(9, width, generator=generator, dtype=dtype)
        arguments = {"classes": len(counts), "penalty": penalty}
        return Case(words, {"features": features[order], "labels": labels[order], "unseen": unseen, **arguments})

    return [
        case("60 points of three classes that overlap, penalty 0.02", (20, 20, 20), 4, 0.02, torch.float32),
        case("48 points of two unequal classes, penalty 0.5", (36, 12), 3, 0.5, torch.float32),
        case("40 points of four classes in double precision, penalty 0.1", (16, 8, 8, 8), 5, 0.1, torch.float64),
        case("12 points of three classes with 30 features each, penalty 0.2", (5, 4, 3), 30, 0.2, torch.float32),
    ]


# ---- misconceptions: the right minimum of a wrong objective, or a wrong end -----------------------------------------

Objective = Callable[[nn.Linear, Tensor, Tensor, float], Tensor]


def _minimise(objective: Objective, rounds: int = 200, dtype: torch.dtype | None = None) -> Callable[..., nn.Linear]:
    def fit(features: Tensor, labels: Tensor, classes: int, penalty: float = 1e-3) -> nn.Linear:
        head = nn.Linear(features.shape[1], classes, device=features.device, dtype=dtype or features.dtype)
        for parameter in head.parameters():
            nn.init.zeros_(parameter)
        optimiser = torch.optim.LBFGS(head.parameters(), max_iter=rounds, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimiser.zero_grad()
            loss = objective(head, features.to(head.weight.dtype), labels, penalty)
            loss.backward()
            return loss

        optimiser.step(closure)
        return head

    return fit


def _squares(head: nn.Linear) -> Tensor:
    return head.weight.square().sum()


def _right(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    return F.cross_entropy(head(features), labels) + penalty / 2 * _squares(head)


def _unpenalised(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    return F.cross_entropy(head(features), labels) + 1e-4 * _squares(head)


def _bias_penalised(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    return _right(head, features, labels, penalty) + penalty / 2 * head.bias.square().sum()


def _not_halved(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    return F.cross_entropy(head(features), labels) + penalty * _squares(head)


def _summed(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    return F.cross_entropy(head(features), labels, reduction="sum") + penalty / 2 * _squares(head)


def _averaged_penalty(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    return F.cross_entropy(head(features), labels) + penalty / 2 * head.weight.square().mean()


def _softmax_twice(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    return F.cross_entropy(head(features).softmax(1), labels) + penalty / 2 * _squares(head)


def _least_squares(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    targets = F.one_hot(labels, head.out_features).to(features.dtype)
    return (head(features) - targets).square().sum(1).mean() + penalty / 2 * _squares(head)


def _lasso(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    return F.cross_entropy(head(features), labels) + penalty / 2 * head.weight.abs().sum()


def _not_squared(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    return F.cross_entropy(head(features), labels) + penalty / 2 * (_squares(head) + 1e-12).sqrt()


def _smoothed(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    return F.cross_entropy(head(features), labels, label_smoothing=0.1) + penalty / 2 * _squares(head)


def _each_class_for_itself(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    targets = F.one_hot(labels, head.out_features).to(features.dtype)
    return F.binary_cross_entropy_with_logits(head(features), targets) + penalty / 2 * _squares(head)


def _untrained(features: Tensor, labels: Tensor, classes: int, penalty: float = 1e-3) -> nn.Linear:
    head = nn.Linear(features.shape[1], classes, device=features.device, dtype=features.dtype)
    for parameter in head.parameters():
        nn.init.zeros_(parameter)
    return head


def _without_bias(head: nn.Linear, features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    return F.cross_entropy(F.linear(features, head.weight), labels) + penalty / 2 * _squares(head)


EXERCISE = Exercise(
    lesson="03_feature_extraction_vs_fine_tuning",
    reference=fit_linear_head,
    probe=probes.fit_linear_head,
    cases=_cases,
    properties=(
        Property(
            "It returns nn.Linear(D, classes) in the features' type, and leaves features and labels alone.",
            1,
            ("what it returns", "type of the weights", "features and labels are left alone"),
        ),
        Property(
            "It predicts the probabilities of the minimum, on the points it was fitted on and on others.",
            2,
            ("probabilities on the points it was fitted on", "probabilities on points it has not seen"),
            cases=(0, 2, 3),
            relative=0.0,
            absolute=0.01,
        ),
        Property(
            "A strong penalty pulls the weights, not the bias.",
            1,
            ("probabilities on the points it was fitted on", "probabilities on points it has not seen"),
            cases=(1,),
            relative=0.0,
            absolute=0.01,
        ),
    ),
    misconceptions=(
        Misconception(
            "penalty-ignored",
            _minimise(_unpenalised),
            "Your head fits as if there were no penalty: it is too sure of itself. Where does `penalty` enter your "
            "objective?",
        ),
        Misconception(
            "bias-penalised",
            _minimise(_bias_penalised),
            "The bias is penalised too (an optimiser's weight_decay does that). It then cannot say how frequent the "
            "classes are; J penalises W alone.",
        ),
        Misconception(
            "half-forgotten",
            _minimise(_not_halved),
            "Your penalty is twice as strong as J's: penalty/2 · ΣW². The half makes its gradient penalty · W.",
        ),
        Misconception(
            "loss-summed",
            _minimise(_summed),
            "Your cross-entropy is summed, J's is a mean: with N points your penalty counts N times less.",
        ),
        Misconception(
            "penalty-averaged",
            _minimise(_averaged_penalty),
            "Your penalty is the mean of W², J's is the sum. The mean grows weaker the larger the head is.",
        ),
        Misconception(
            "softmax-twice",
            _minimise(_softmax_twice),
            "cross_entropy takes raw scores and applies the softmax itself. After a softmax of your own all scores lie "
            "between 0 and 1, and no prediction can be sure.",
        ),
        Misconception(
            "least-squares",
            _minimise(_least_squares),
            "You fit the one-hot labels by least squares. The scores of J go through a softmax, and its loss is "
            "cross-entropy.",
        ),
        Misconception(
            "absolute-weights",
            _minimise(_lasso),
            "Your penalty adds absolute weights, which is the lasso's. J has their squares.",
        ),
        Misconception(
            "norm-not-squared",
            _minimise(_not_squared),
            "Your penalty is the norm of W, J's is its square: W.square().sum().",
        ),
        Misconception(
            "labels-smoothed",
            _minimise(_smoothed),
            "You smooth the labels. J is the plain cross-entropy; nothing but the penalty holds the head back.",
        ),
        Misconception(
            "each-class-for-itself",
            _minimise(_each_class_for_itself),
            "You ask of each class, yes or no, by a sigmoid of its own. The classes of J share one softmax.",
        ),
        Misconception(
            "untrained",
            _untrained,
            "Your head has not learnt: every class is as probable as the next. Do its parameters reach the optimiser, "
            "and does J's gradient reach them?",
        ),
        Misconception(
            "stopped-early",
            _minimise(_right, rounds=2),
            "You are on the right way and stop before the end: take the loss after each step, and go on until it is "
            "still.",
        ),
        Misconception(
            "bias-unused",
            _minimise(_without_bias),
            "Your bias stays at zero. Without it every boundary goes through the origin, and unequal classes look "
            "equal.",
        ),
        Misconception(
            "single-precision",
            _minimise(_right, dtype=torch.float32),
            "The features came in double precision and your head is in single. Give the layer the features' dtype "
            "and device, or they cannot meet.",
        ),
    ),
    difficulty=3,
    minutes=20,
    hints=(
        "Write J as a function of a linear layer first, and check it by hand on two points. Then let any optimiser of "
        "torch.optim run on all points at once until J no longer falls.",
        "torch.optim.LBFGS with line_search_fn='strong_wolfe' and a max_iter in the hundreds settles in one call of "
        ".step(closure), where closure zeroes the gradients, computes J, calls backward and returns J. Plain gradient "
        "descent with many steps is as right.",
    ),
)
