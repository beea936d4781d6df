"""Exercise: the residual connection."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson02 as probes
from lib.architectures import residual_block

Function = Callable[[Tensor], Tensor]


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, shape: tuple[int, ...], branch: str, shortcut: str = "") -> Case:
        x = torch.randn(shape, generator=generator)
        return Case(words, {"x": x, "branch": branch, "shortcut": shortcut, "seed": 10 * seed})

    return [
        case("a branch of two linear layers", (4, 5), "linear"),
        case(
            "a branch that halves the picture, and a shortcut that does so too", (3, 3, 6, 6), "convolution", "halving"
        ),
        case("a branch that returns x itself", (2, 3), "identity"),
        case("a branch that returns one column where x has five", (4, 5), "narrow"),
        case("a branch and a shortcut, both of which keep the shape", (4, 5), "linear", "level"),
        case("one row, which the branch turns into a column", (1, 4), "turning"),
    ]


# ---- misconceptions: the reference, with one thing wrong ------------------------------------------------------------


def _sum(learnt: Tensor, kept: Tensor) -> Tensor:
    if learnt.shape != kept.shape:
        raise ValueError("shapes")
    return learnt + kept


def _kept(x: Tensor, shortcut: Function | None) -> Tensor:
    return x if shortcut is None else shortcut(x)


def _relu_first(x: Tensor, branch: Function, shortcut: Function | None = None) -> Tensor:
    return _sum(F.relu(branch(x)), _kept(x, shortcut))


def _no_relu(x: Tensor, branch: Function, shortcut: Function | None = None) -> Tensor:
    return _sum(branch(x), _kept(x, shortcut))


def _plain(x: Tensor, branch: Function, shortcut: Function | None = None) -> Tensor:
    learnt = branch(x)
    _sum(learnt, _kept(x, shortcut))
    return F.relu(learnt)


def _no_shortcut(x: Tensor, branch: Function, shortcut: Function | None = None) -> Tensor:
    return F.relu(_sum(branch(x), x))


def _shortcut_where_needed(x: Tensor, branch: Function, shortcut: Function | None = None) -> Tensor:
    learnt = branch(x)
    return F.relu(_sum(learnt, x if learnt.shape == x.shape else _kept(x, shortcut)))


def _counts_entries(x: Tensor, branch: Function, shortcut: Function | None = None) -> Tensor:
    learnt, kept = branch(x), _kept(x, shortcut)
    if learnt.numel() != kept.numel():
        raise ValueError("shapes")
    return F.relu(learnt + kept)


def _in_place(x: Tensor, branch: Function, shortcut: Function | None = None) -> Tensor:
    y, kept = branch(x), _kept(x, shortcut)
    _sum(y, kept)
    y += kept
    return F.relu(y)


def _detached(x: Tensor, branch: Function, shortcut: Function | None = None) -> Tensor:
    return F.relu(_sum(branch(x), _kept(x, shortcut).detach()))


def _broadcasts(x: Tensor, branch: Function, shortcut: Function | None = None) -> Tensor:
    return F.relu(branch(x) + _kept(x, shortcut))


def _runs_twice(x: Tensor, branch: Function, shortcut: Function | None = None) -> Tensor:
    kept = _kept(x, shortcut)
    if branch(x).shape != kept.shape:
        raise ValueError("shapes")
    return F.relu(branch(x) + kept)


def _adds_when_it_fits(x: Tensor, branch: Function, shortcut: Function | None = None) -> Tensor:
    learnt, kept = branch(x), _kept(x, shortcut)
    return F.relu(learnt + kept) if learnt.shape == kept.shape else F.relu(learnt)


EXERCISE = Exercise(
    lesson="02_pretrained_models",
    reference=residual_block,
    probe=probes.residual_block,
    cases=_cases,
    properties=(
        Property("Without a shortcut it is relu(F(x) + x).", 1, ("output",), cases=(0,)),
        Property("With one it is relu(F(x) + S(x)).", 1, ("output",), cases=(1, 4)),
        Property("The gradient comes back to x both ways.", 1, ("gradient of x",), cases=(0, 1)),
        Property(
            "x is left as it is, also where the branch returns it, and the branch runs once.",
            1,
            ("output", "x is left alone", "how often the branch ran"),
            cases=(2,),
        ),
        Property("Shapes that differ are a ValueError: nothing is broadcast.", 1, ("output",), cases=(3, 5)),
    ),
    misconceptions=(
        Misconception(
            "relu-before-addition",
            _relu_first,
            "Your ReLU comes before the addition. The branch could then only ever add: what is negative in F(x) is "
            "gone, and nothing rectifies the sum.",
        ),
        Misconception(
            "no-relu", _no_relu, "The sum is right, but negative numbers come through: the block ends in a ReLU."
        ),
        Misconception(
            "no-connection",
            _plain,
            "This is a plain block: x itself never reaches the output. Add it to what the branch returns, before the "
            "ReLU.",
        ),
        Misconception(
            "shortcut-ignored",
            _no_shortcut,
            "You add x itself even where a shortcut is given. There F changes the shape, and S(x) is what fits.",
        ),
        Misconception(
            "shortcut-where-needed",
            _shortcut_where_needed,
            "You use the shortcut only where shapes differ. Where one is given it is the way, whatever the shapes are.",
        ),
        Misconception(
            "counts-entries",
            _counts_entries,
            "You compare how many numbers there are. A row and a column of four have as many, and + makes sixteen of "
            "them: compare the shapes.",
        ),
        Misconception(
            "in-place",
            _in_place,
            "You add in place. A branch may hand its input back, and then += writes into x, which the caller still "
            "needs.",
        ),
        Misconception(
            "detached",
            _detached,
            "The numbers are right, but the kept part is detached: the gradient only comes back through the branch. "
            "The direct way is what this connection is for.",
        ),
        Misconception(
            "broadcasts",
            _broadcasts,
            "Where the branch returns (4, 1) and x is (4, 5), + copies the column five times over without a word. "
            "Compare the shapes first.",
        ),
        Misconception(
            "runs-twice",
            _runs_twice,
            "The branch runs twice. That costs twice the time, and a batch norm inside moves its statistics twice. "
            "Keep what it returned.",
        ),
        Misconception(
            "adds-when-it-fits",
            _adds_when_it_fits,
            "Where shapes differ you leave the connection out silently. Whoever builds the network wrongly should "
            "hear of it: raise the ValueError.",
        ),
    ),
    difficulty=1,
    minutes=8,
    hints=(
        "Three things happen in order: the branch, the addition, the ReLU. What is added is x, or what the shortcut "
        "makes of it.",
        "Put branch(x) and x (or shortcut(x)) into variables, compare their .shape, raise ValueError if these differ, "
        "and return F.relu of their sum, made with + and not with +=.",
    ),
)
