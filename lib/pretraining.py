"""Pre-train a bundled backbone on GlyphNet: `python -m lib.pretraining resnet10`.

Endless fresh drawings, no image seen twice; by stochastic gradient descent with Nesterov momentum, or by AdamW where
RECIPES says so. The learning rate warms up, stays, and falls in a straight line to zero over the last 40 % of the run
(a trapezoid: Hägele et al., 2024), so that a run may be shortened or lengthened while it is under way. Every step draws
from a generator seeded by (seed, step): stopped at any moment and started again, the run goes on where its last
checkpoint stood and draws what it would have drawn. A run that is over can be taken further, from the weights that it
left: `--further`.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor, nn

from lib import settings
from lib.backbones import WEIGHTS, load_backbone, model_card, weight_file
from lib.bundled import ARCHITECTURES
from lib.checkpoints import load_checkpoint, save_checkpoint
from lib.datasets.glyph_bank import CLASSES
from lib.datasets.glyphnet import IMAGE_SIZE, draw_glyphs
from lib.files import sha256, write_whole

BATCH = 128
MOMENTUM, LABEL_SMOOTHING = 0.9, 0.1
WARM_UP = 400  # steps
COOL_DOWN = 0.4  # share of the run
_EVERY = 200  # steps between two lines of progress and two checkpoints
_VALIDATION_SEED = 2**40  # no step reaches it


@dataclass(frozen=True)
class Recipe:
    """What differs between architectures. rate: at its peak; adaptive: AdamW in the place of gradient descent with
    momentum; bfloat16: whether torch.autocast may compute the forward pass in it, the weights staying in float32.
    """

    rate: float = 0.1
    weight_decay: float = 5e-4
    adaptive: bool = False
    bfloat16: bool = False


RECIPES = {
    "efficientnet_mini": Recipe(),
    "convnext_mini": Recipe(rate=1e-3, weight_decay=0.05, adaptive=True, bfloat16=True),
}


def pretrain(
    name: str,
    *,
    images: int,
    seed: int = 0,
    checkpoint: Path,
    device: torch.device | None = None,
    further: bool = False,
) -> dict[str, Any]:
    """Train backbone `name` on `images` drawings; write weights, hash and model card; return what was measured.

    further: begin with the bundled weights and the drawing after the last that they have seen, `images` counting from
    their first; the optimiser and the rate begin anew, and the card tells at which drawing ("restarts").
    """
    device = device or settings.device()
    before: dict[str, Any] = model_card(name) if further else {"images": 0, "minutes": 0}
    first, steps = before["images"] // BATCH, images // BATCH
    if steps <= first:
        raise ValueError(f"images: expected at least {(first + 1) * BATCH}, a batch more than before, got {images}")
    mean, std = source_statistics(seed)
    torch.manual_seed(seed)
    model = load_backbone(name) if further else ARCHITECTURES[name](CLASSES)
    model = model.to(device).to(memory_format=torch.channels_last)
    recipe = RECIPES.get(name, Recipe())
    optimiser = _optimiser(recipe, model)
    step, seconds = _resume(checkpoint, model, optimiser, device) or (first, 60.0 * before["minutes"])
    started = time.perf_counter() - seconds
    while step < steps:
        rate = learning_rate(step - first, steps - first, recipe.rate)
        loss = _step(model, optimiser, rate, recipe.bfloat16, _generator(seed, step, device), mean, std)
        step += 1
        if step % _EVERY == 0 or step == steps:
            seconds = time.perf_counter() - started
            _save(checkpoint, model, optimiser, step, seconds)
            print(f"step {step:>6} of {steps} · loss {loss:.3f} · {step * BATCH / seconds:,.0f} images/s", flush=True)
    record = {"images": steps * BATCH, "seed": seed, "minutes": round(seconds / 60)}
    if further:
        record["restarts"] = [*before.get("restarts", []), first * BATCH]
    return _publish(name, model, record, mean, std, device)


def learning_rate(step: int, steps: int, peak: float = 0.1) -> float:
    """The rate at `step`, counted from 0: up over 400 steps, level, down to zero over the last 40 % of the run.

    Example:
        >>> [round(learning_rate(step, steps=2000), 4) for step in (0, 399, 1200, 1600, 1999)]
        [0.0003, 0.1, 0.1, 0.05, 0.0001]
    """
    return peak * min(1.0, (step + 1) / WARM_UP, (1 - step / steps) / COOL_DOWN)


def source_statistics(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel over 2,048 drawings, shape (1, 3, 1, 1) each."""
    images, _ = draw_glyphs(2048, generator=_generator(seed, _VALIDATION_SEED, torch.device("cpu")))
    return images.mean(dim=(0, 2, 3), keepdim=True), images.std(dim=(0, 2, 3), keepdim=True)


@torch.no_grad()
def source_accuracy(model: nn.Module, mean: Tensor, std: Tensor, device: torch.device, batches: int = 40) -> float:
    """Top-1 accuracy, in [0, 1], over 5,120 drawings that training never draws."""
    model.eval()
    right = 0
    for batch in range(batches):
        images, labels = draw_glyphs(BATCH, generator=_generator(1, _VALIDATION_SEED + batch, device))
        right += int((model(_normalise(images, mean, std)).argmax(1) == labels).sum())
    return right / (batches * BATCH)


def _step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    rate: float,
    bfloat16: bool,
    generator: torch.Generator,
    mean: Tensor,
    std: Tensor,
) -> float:
    for group in optimiser.param_groups:
        group["lr"] = rate
    images, labels = draw_glyphs(BATCH, generator=generator)
    with torch.autocast(images.device.type, torch.bfloat16, enabled=bfloat16):
        logits = model.train()(_normalise(images, mean, std))
        loss = F.cross_entropy(logits, labels, label_smoothing=LABEL_SMOOTHING)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    return float(loss.detach())


def _normalise(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    normalised = (images - mean.to(images.device)) / std.to(images.device)
    return normalised.contiguous(memory_format=torch.channels_last)


def _optimiser(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    groups = _groups(model, recipe.weight_decay)
    if recipe.adaptive:
        return torch.optim.AdamW(groups, lr=recipe.rate)
    return torch.optim.SGD(groups, lr=recipe.rate, momentum=MOMENTUM, nesterov=True)


def _groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for matrices and filters, none for biases, norms and ConvNeXt's scales, of shape (C, 1, 1)."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.squeeze().ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.squeeze().ndim <= 1], "weight_decay": 0.0},
    ]


def _generator(seed: int, step: int, device: torch.device) -> torch.Generator:
    return torch.Generator(device).manual_seed(seed * 2**50 + step)


def _save(checkpoint: Path, model: nn.Module, optimiser: torch.optim.Optimizer, step: int, seconds: float) -> None:
    state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "seconds": seconds}
    save_checkpoint(checkpoint, state)


def _resume(
    checkpoint: Path, model: nn.Module, optimiser: torch.optim.Optimizer, device: torch.device
) -> tuple[int, float] | None:
    if not checkpoint.exists():
        return None
    state = load_checkpoint(checkpoint, device)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    print(f"resuming at step {state['step']} from {checkpoint}", flush=True)
    return state["step"], state["seconds"]


def _publish(
    name: str, model: nn.Module, record: dict[str, Any], mean: Tensor, std: Tensor, device: torch.device
) -> dict[str, Any]:
    """Weights in half precision, their hash and the model card, each written whole; the hash last. The card."""
    card = {
        "backbone": name,
        "source": f"GlyphNet, {CLASSES:,} classes, {IMAGE_SIZE} px",
        **record,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
        "source_top1": round(source_accuracy(model, mean, std, device), 4),
        "mean": [round(v, 4) for v in mean.flatten().tolist()],
        "std": [round(v, 4) for v in std.flatten().tolist()],
    }
    half = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    half = {key: value.half() if value.is_floating_point() else value for key, value in half.items()}
    write_whole(weight_file(name), save(half, {"record": json.dumps(card, sort_keys=True)}))
    write_whole(WEIGHTS / f"{name}.json", json.dumps(card | {"sha256": sha256(weight_file(name))}, indent=2) + "\n")
    return card


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m lib.pretraining", description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(ARCHITECTURES))
    parser.add_argument("--images", type=int, default=2_560_000, help="drawings to train on (default: 2,560,000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path, help="where to keep the state (default: build/NAME.pt)")
    parser.add_argument("--further", action="store_true", help="go on from the bundled weights; --images is the total")
    given = parser.parse_args()
    checkpoint = given.checkpoint or Path("build") / f"{given.name}.pt"
    card = pretrain(given.name, images=given.images, seed=given.seed, checkpoint=checkpoint, further=given.further)
    print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
