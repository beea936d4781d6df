"""How far a run is, as it runs: one line that is rewritten after every epoch, in a notebook and in a terminal."""

import sys

from IPython.display import DisplayHandle, display

from lib.plan import Epoch, Plan

_CELLS = 24


class Progress:
    """A bar for a run of `plan`, to be given to `lib.pipeline.fine_tune` as `report`. Writes on standard output.

    Example:
        >>> from lib.plan import Phase
        >>> progress = Progress(Plan((Phase(epochs=4, rate=0.1),)))
        >>> progress.line(Epoch(0, 0, 1.5, 1.25, 0.5, rate=0.1, seconds=2.0, cached=False))
        '██████░░░░░░░░░░░░░░░░░░ phase 1, epoch 1 · loss 1.500 · validation 1.250, 50.0 %'
    """

    def __init__(self, plan: Plan) -> None:
        self.total = sum(phase.epochs for phase in plan.phases)
        self.before = [sum(phase.epochs for phase in plan.phases[:number]) for number in range(len(plan.phases))]
        self._handle: DisplayHandle | None = None

    def __call__(self, epoch: Epoch) -> None:
        """Show that `epoch` is done."""
        line = self.line(epoch)
        if "ipykernel" not in sys.modules:
            print(line, flush=True)
        elif self._handle is None:
            self._handle = display({"text/plain": line}, raw=True, display_id=True)
        else:
            self._handle.update({"text/plain": line}, raw=True)

    def line(self, epoch: Epoch) -> str:
        """The bar and the numbers of the epoch.

        A phase that ended early is counted as if all its epochs had been made.
        """
        done = self.before[epoch.phase] + epoch.epoch + 1
        full = round(_CELLS * done / self.total)
        return (
            f"{'█' * full}{'░' * (_CELLS - full)} phase {epoch.phase + 1}, epoch {epoch.epoch + 1} · loss "
            f"{epoch.train_loss:.3f} · validation {epoch.validation_loss:.3f}, {100 * epoch.validation_accuracy:.1f} %"
        )
