"""Right answers in other styles than the reference's."""

import types
from collections import deque

from torch import nn

from lib.batchnorm import norms_with_buffers
from lib.freezing import freeze, freeze_stage, pin, unfreeze, unfreeze_stage
from lib.stages import stages


class GradualUnfreezer_with_a_queue:
    """The frozen stages wait in a queue, the deepest first."""

    def __init__(self, model, schedule=None, *, frozen_norms=True):
        self.model = model
        self.schedule = schedule if schedule is not None else len
        self.frozen_norms = frozen_norms
        self.history = []
        self.opened = ["head"]
        self.waiting = deque(stage for name, stage in reversed(stages(model).items()) if name != "head")
        for stage in self.waiting:
            freeze_stage(stage)
        self.hold_norms()

    @property
    def trainable(self):
        return self.opened[::-1]

    def hold_norms(self):
        if self.frozen_norms:
            for layer in self.model.modules():
                if getattr(layer, "running_mean", None) is not None:
                    pin(layer)

    def open_next(self):
        stage = self.waiting.popleft()
        unfreeze_stage(stage)
        self.opened.append(stage.name)
        self.hold_norms()
        return stage.name

    def step(self, loss):
        self.history = [*self.history, loss]
        wanted = self.schedule(self.history)
        if wanted < len(self.opened) - 1:
            raise ValueError("a stage that learns is never frozen again")
        fresh = []
        while self.waiting and len(self.opened) - 1 < wanted:
            fresh.append(self.open_next())
        return fresh

    def state_dict(self):
        return {"history": self.history, "opened": list(self.opened)}

    def load_state_dict(self, state):
        if len(state["opened"]) < len(self.opened):
            raise ValueError("that was before")
        while len(self.opened) < len(state["opened"]):
            self.open_next()
        self.history = list(state["history"])


class GradualUnfreezer_from_scratch:
    """Freezes and unfreezes everything anew each time, by hand."""

    def __init__(self, model, schedule=None, *, frozen_norms=True):
        self.model, self.norms, self.count, self.seen = model, frozen_norms, 0, []
        self.rule = schedule or len
        for stage in self.lower():
            for module in stage.modules:
                freeze(module)
            for p in stage.own_parameters:
                p.requires_grad, p.grad = False, None
        self.settle()

    def lower(self):
        return [stage for name, stage in stages(self.model).items() if name != "head"]

    @property
    def trainable(self):
        names = [stage.name for stage in self.lower()]
        return [*names[len(names) - self.count :], "head"]

    def settle(self):
        for stage in self.lower()[len(self.lower()) - self.count :]:
            for module in stage.modules:
                unfreeze(module)
            for p in stage.own_parameters:
                p.requires_grad = True
        if self.norms:
            for layer in norms_with_buffers(self.model).values():
                layer.eval()
                layer.train = types.MethodType(lambda self, mode=True: self, layer)

    def step(self, loss):
        self.seen.append(loss)
        due = self.rule(self.seen)
        if due < self.count:
            raise ValueError(f"due: {due}")
        before, self.count = set(self.trainable), min(due, len(self.lower()))
        if set(self.trainable) != before:
            self.settle()
        return [name for name in reversed(self.trainable) if name not in before]

    def state_dict(self):
        return {"count": self.count, "seen": self.seen.copy()}

    def load_state_dict(self, state):
        if state["count"] < self.count:
            raise ValueError(f"state: {state}")
        self.count, self.seen = state["count"], state["seen"].copy()
        self.settle()


class GradualUnfreezer_without_a_counter(nn.Module):
    """A module that reads off the flags how many stages are open, and knows the schedule for a pure function."""

    def __init__(self, model, schedule=None, *, frozen_norms=True):
        super().__init__()
        self.network = [model]  # in a list, so that it is no part of this module
        self.schedule, self.frozen_norms, self.losses = schedule or len, frozen_norms, ()
        for stage in self._below():
            freeze_stage(stage)
        self._norms()

    def _below(self):
        *rest, _ = stages(self.network[0]).values()
        return rest[::-1]

    def _norms(self):
        for layer in norms_with_buffers(self.network[0]).values() if self.frozen_norms else ():
            pin(layer)

    def _is_open(self, stage):
        return any(p.requires_grad for p in stage.parameters())

    @property
    def trainable(self):
        names = [stage.name for stage in reversed(self._below()) if self._is_open(stage)]
        return [*names, "head"]

    def step(self, loss):
        self.losses += (float(loss),)
        return self._follow()

    def _follow(self):
        due = self.schedule(list(self.losses))
        if due < len(self.trainable) - 1:
            raise ValueError("fewer than learn")
        fresh = [stage for stage in self._below()[:due] if not self._is_open(stage)]
        for stage in fresh:
            unfreeze_stage(stage)
        self._norms()
        return [stage.name for stage in fresh]

    def state_dict(self):
        return {"losses": [*self.losses]}

    def load_state_dict(self, state):
        self.losses = tuple(state["losses"])
        self._follow()
