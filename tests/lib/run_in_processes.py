"""Fine-tune a small network and save its weights: run alone, or in several processes under torchrun.

python run_in_processes.py OUT
torchrun --nproc-per-node 2 run_in_processes.py OUT
"""

import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist

sys.path.insert(0, str(Path(__file__).parents[2]))

from lib.datasets.task import Split
from lib.pipeline import fine_tune
from lib.plan import Phase, Plan


def main():
    if "RANK" in os.environ:
        dist.init_process_group("gloo")
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Flatten()),
        torch.nn.Linear(144, 5),
        torch.nn.Linear(5, 3),
    )
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (21, 3, 8, 8), generator=generator, dtype=torch.uint8)
    data = Split(images, torch.arange(21) % 3)
    # 21 images in batches of 5, which two processes cannot share evenly; the last one has 1: nothing for the second
    plan = Plan((Phase(2, 1e-2, stages=2), Phase(2, 1e-2)), batch_size=5, average=0.5)
    history = fine_tune(model, data, data, plan, prepare=lambda images: images, checkpoint=Path(sys.argv[1]) / "run.pt")
    if not dist.is_initialized() or dist.get_rank() == 0:
        torch.save((model.state_dict(), history.state_dict()), Path(sys.argv[1]) / "end.pt")
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
