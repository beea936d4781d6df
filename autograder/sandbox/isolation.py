"""How far learners' code is walled in here: found by trying, at the start, what an attacker would try."""

import socket
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox.worker import Job, Worker

NONE = "unsandboxed"  # the word on every report
_WAYS = (
    "files", "writing", "network", "environment", "processes", "the parent", "rights", "namespaces",
    "signals", "number of processes",
)  # fmt: skip
_NEEDED = {"files", "writing", "network", "environment", "processes", "the parent", "rights"}


@dataclass(frozen=True)
class Isolation:
    """Which walls held and which did not; neither where there are none."""

    held: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """For every report."""
        if not self.held:
            return NONE
        also = f"; not closed: {', '.join(self.broken)}" if self.broken else ""
        return f"sandboxed by bubblewrap, tried at the start: {', '.join(self.held)}{also}"


def tried(worker: Worker) -> Isolation:
    """Let `worker` run the attacks; no walls, if it has none.

    Raises RuntimeError where a wall without which nobody should grade did not hold.
    """
    if not worker.place.walled:
        return Isolation()
    canary = Path(worker.place.folder.name) / "canary"
    canary.write_text("a secret of the grader's", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = Path(__file__).with_name("attacks.py").read_text(encoding="utf-8")
        source = source.replace('"OUTSIDE", "PORT"', f"{str(canary)!r}, {server.getsockname()[1]}")
        probe = ("autograder.probes.questions", "answers")
        reply = worker.run(Job("attacks", probe, [{"questions": list(_WAYS)}], source))
    if reply.trouble or "observations" not in reply.outcomes[0]:
        raise RuntimeError(f"the sandbox could not be tried: {reply.trouble or reply.outcomes[0]['error']}")
    found = {way: reply.outcomes[0]["observations"].get(way) == "yes" for way in _WAYS}
    if open_ways := sorted(way for way in _NEEDED if not found[way]):
        raise RuntimeError(f"the sandbox does not hold here; what got through: {', '.join(open_ways)}")
    return Isolation(tuple(w for w in _WAYS if found[w]), tuple(w for w in _WAYS if not found[w]))
