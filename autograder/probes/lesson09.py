"""What is done with an implementation in lesson 9, and what is seen. No answers here."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import copy_of, seen, unchanged


def bootstrap_interval(
    implementation: Any,
    device: torch.device,
    values: Tensor,
    kind: str,
    seed: int,
    resamples: int,
    spread: float,
    **arguments: Any,
) -> dict[str, Any]:
    """Ask for an interval, twice from the same seed; keep what the statistic is handed. Ends are in units of spread."""
    handed: list[Tensor] = []

    def statistic(rows: Tensor) -> Tensor:
        handed.append(rows)
        return _STATISTICS[kind](rows)

    before, state = copy_of(values), torch.get_rng_state()
    options = arguments | {"resamples": resamples} | ({} if kind == "mean" else {"statistic": statistic})
    first, again = (_ends(implementation(values, generator=_generator(seed), **options)) for _ in range(2))
    alone = torch.equal(state, torch.get_rng_state())
    low, high = first
    return {
        "lower end": low / spread if isinstance(low, float) else low,
        "upper end": high / spread if isinstance(high, float) else high,
        "the lower end comes first": isinstance(low, float) and isinstance(high, float) and low <= high,
        "the same seed gives the same interval": first == again,
        "the global random state is left alone": alone,
        "the statistic gets resamples of the values": kind == "mean" or _are_resamples(handed, values, resamples),
        "the values are left alone": unchanged(before, values),
    }


def paired_permutation_test(
    implementation: Any, device: torch.device, a: list[float], b: list[float], seed: int, **arguments: Any
) -> dict[str, Any]:
    """Ask for a p-value, twice from the same seed."""
    mine, state = ([*a], [*b]), torch.get_rng_state()
    first, again = (_number(implementation(*mine, generator=_generator(seed), **arguments)) for _ in range(2))
    return {
        "p": first,
        "the same seed gives the same p": first == again,
        "the global random state is left alone": torch.equal(state, torch.get_rng_state()),
        "the values are left alone": mine == (a, b),
    }


def compare_strategies(
    implementation: Any, device: torch.device, strategies: list[str], sizes: list[int], seeds: list[int]
) -> dict[str, Any]:
    """Compare toy strategies, which write down what they are given, on splits that are words, by a clock of our own."""
    model, stage = _model().to(device), _Stage()
    trained = {name: stage.strategy(name, position) for position, name in enumerate(strategies)}
    before = _condition(model)
    rows = implementation(
        trained, sizes, seeds, model=model, draw=stage.draw, test="test", score=stage.score, clock=stage.clock
    )
    found = _rows(rows)
    in_order = [found[key] for key in sorted(found)]
    return {
        "runs": [", ".join(map(str, key)) for key in sorted(found)],
        "how many rows": len(rows) if isinstance(rows, list | tuple) else f"no list, but {seen(rows)}",
        **{name: [_number(row.get(name, "none")) for row in in_order] for name in _MEASURED},
        "what the strategies are given": sorted(stage.given),
        "how each run begins": sorted(set(stage.begun)),
        "the model is left as it is": _condition(model) == before,
        "how often the test split is scored": stage.scored.count("test"),
    }


def recommend_strategy(implementation: Any, device: torch.device, cases: list[dict[str, Any]]) -> dict[str, Any]:
    """Ask for a strategy, case by case, and whether a reason comes with it."""
    found = [implementation(**case) for case in cases]
    reasons = [getattr(one, "reason", None) for one in found]
    return {
        "strategies": [seen(getattr(one, "strategy", one)) for one in found],
        "each with a reason in words": all(isinstance(reason, str) and reason.strip() != "" for reason in reasons),
    }


# ---- helpers ------------------------------------------------------------------------------------------------------

_MEASURED = ("accuracy", "validation_accuracy", "train_accuracy", "seconds")
_STATISTICS: dict[str, Callable[[Tensor], Tensor]] = {
    "mean": lambda rows: rows.mean(-1),
    "largest": lambda rows: rows.amax(-1),
    "median": lambda rows: rows.quantile(0.5, -1),
}


class _Stage:
    """Where toy strategies play: it keeps the time, and what each of them was given and found."""

    def __init__(self) -> None:
        self.time = 0.0
        self.given, self.begun, self.scored = list[str](), list[str](), list[str]()

    def clock(self) -> float:
        return self.time

    def draw(self, size: int, seed: int) -> tuple[str, str]:
        self.time += 0.25
        return f"training of {size}, seed {seed}", f"validation of {size}, seed {seed}"

    def score(self, network: nn.Module, split: str) -> float:
        self.time += 0.5
        self.scored.append(split)
        total = sum(float(parameter.detach().sum()) for parameter in network.parameters())
        return round(math.sin(total + sum(map(ord, split))) ** 2, 6)

    def strategy(self, name: str, position: int) -> Callable[..., None]:
        def train(network: nn.Module, training: Any, validation: Any, seed: Any) -> None:
            self.given.append(f"{name}: {seen(training)}; {seen(validation)}; seed {seen(seed)}")
            self.begun.append(_condition(network))
            self.time += 1.0 + position
            with torch.no_grad():
                for parameter in network.parameters():
                    parameter.add_(0.1 * (position + 1) + 0.01 * len(str(training)))
            network.requires_grad_(False).eval()

        return train


def _model() -> nn.Module:
    model = nn.Linear(2, 2)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[0.1, 0.2], [0.3, 0.4]]))
        model.bias.fill_(0.5)
    return model


def _condition(model: nn.Module) -> str:
    """Weights, what may learn, and the mode, in words."""
    weights = [round(value, 4) for parameter in model.parameters() for value in parameter.flatten().tolist()]
    learns = ", ".join(name for name, parameter in model.named_parameters() if parameter.requires_grad) or "nothing"
    return f"weights {weights}, learning: {learns}, {'training' if model.training else 'evaluation'} mode"


def _rows(rows: Any) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    """Strategy, size and seed → the row, of all rows that are mappings."""
    named = ("strategy", "images_per_class", "seed")
    listed = rows if isinstance(rows, list | tuple) else []
    return {
        tuple(str(seen(row.get(name, "none"))) for name in named): row for row in listed if isinstance(row, Mapping)
    }


def _are_resamples(handed: list[Tensor], values: Tensor, resamples: int) -> bool:
    """Whether about `resamples` rows came, each as long as the values, of the values alone, drawn anew."""
    if not handed or any(not isinstance(rows, Tensor) or rows.ndim != 2 for rows in handed):
        return False
    if any(rows.shape[1] != len(values) for rows in handed):
        return False
    rows = torch.cat([rows.cpu().double() for rows in handed])
    known = torch.isin(rows.float(), values.cpu().float()).all()
    repeats = sum(len(row.unique()) < len(values) for row in rows[:20])  # with replacement: nearly always
    return bool(known) and 2 * resamples <= len(rows) <= 2 * resamples + 2 and repeats > 0


def _ends(returned: Any) -> tuple[Any, Any]:
    pair = list(returned) if isinstance(returned, list | tuple | Tensor) else []
    if len(pair) != 2:
        return (f"no pair, but {seen(returned)}",) * 2
    return _number(pair[0]), _number(pair[1])


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _number(value: Any) -> Any:
    """A number, also where it comes as a tensor or an array of one entry."""
    try:
        return seen(value) if isinstance(value, bool | str) or value is None else float(value)
    except (TypeError, ValueError, RuntimeError):
        return seen(value)
