"""Exercise: what a guide costs on cases that it was not made from."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson11 as probes
from lib.decision import decision_regret

Runs = Mapping[str, Sequence[float]]


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def runs(means: Mapping[str, float], seeds: int, spread: float = 0.04) -> dict[str, list[float]]:
        luck = spread * torch.randn(len(means), seeds, generator=generator, dtype=torch.float64)
        return {name: (mean + row).tolist() for (name, mean), row in zip(means.items(), luck, strict=True)}

    # by hand: in some seeds the guide is ahead, in others behind, and not all seeds choose the same rival
    close = {
        "extraction": [0.67, 0.57, 0.68, 0.52, 0.58],
        "partial": [0.61, 0.59, 0.68, 0.67, 0.53],
        "full": [0.64, 0.58, 0.53, 0.51, 0.59],
    }
    shift = 0.01 * float(torch.rand(1, generator=generator, dtype=torch.float64))
    close = {name: [value + shift for value in values] for name, values in close.items()}
    alike = runs({"extraction": 0.6, "gradual": 0.6, "LP-FT": 0.6, "full": 0.6}, 4)
    ahead = runs({"extraction": 0.8, "gradual": 0.4, "full": 0.5}, 3, spread=0.02)
    behind = runs({"scratch": 0.3, "full": 0.6}, 6, spread=0.02)
    named = {"close": "full", "alike": "LP-FT", "ahead": "gradual", "behind": "scratch"}
    lucky = {"extraction": [0.70, 0.55, 0.60], "full": [0.62, 0.66, 0.50]}
    pair = {name: [value + shift for value in values] for name, values in lucky.items()}
    # by hand: shares of a small test split repeat, and the median of the other seeds names another rival than the mean
    again = {
        "extraction": [0.55, 0.61, 0.55, 0.51, 0.66],
        "partial": [0.50, 0.64, 0.64, 0.61, 0.54],
        "full": [0.53, 0.59, 0.50, 0.52, 0.52],
    }
    return [
        Case("one target, three strategies, five seeds", {"table": {"close": close}, "guide": named}),
        Case("one target, four strategies, four seeds", {"table": {"alike": alike}, "guide": named}),
        Case(
            "four targets with 5, 4, 3 and 6 seeds",
            {"table": {"close": close, "alike": alike, "ahead": ahead, "behind": behind}, "guide": named},
        ),
        Case("a guide that beats what others would choose", {"table": {"pair": pair}, "guide": {"pair": "extraction"}}),
        Case("one target, with accuracies that repeat", {"table": {"again": again}, "guide": {"again": "full"}}),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _elsewhere(runs: Runs, seed: int) -> dict[str, float]:
    return {name: fmean([*values[:seed], *values[seed + 1 :]]) for name, values in runs.items()}


def _regrets(runs: Runs, named: str) -> list[float]:
    """A case's regrets as they should be, in points, seed by seed."""
    return [100 * (_at_best(runs, _elsewhere(runs, seed), seed) - reached) for seed, reached in enumerate(runs[named])]


def _at_best(runs: Runs, scores: Mapping[str, float], seed: int) -> float:
    return runs[max(scores, key=scores.__getitem__)][seed]


def _of_cases(case_regret: Callable[[Runs, str], float]) -> Callable[..., float]:
    """The mean over cases of another regret of a case, in points."""

    def regret(table: Mapping[str, Runs], guide: Mapping[str, str]) -> float:
        return fmean(case_regret(runs, guide[case]) for case, runs in table.items())

    return regret


def _in_sample(runs: Runs, named: str) -> float:
    return 100 * (max(map(fmean, runs.values())) - fmean(runs[named]))


def _best_of_each_seed(runs: Runs, named: str) -> float:
    return 100 * fmean(
        max(every) - own for every, own in zip(zip(*runs.values(), strict=True), runs[named], strict=True)
    )


def _judged_elsewhere(runs: Runs, named: str) -> float:
    found = (_elsewhere(runs, seed) for seed in range(len(runs[named])))
    return 100 * fmean(max(scores.values()) - scores[named] for scores in found)


def _never_itself(runs: Runs, named: str) -> float:
    others = {name: values for name, values in runs.items() if name != named}
    return 100 * fmean(
        _at_best(runs, _elsewhere(others, seed), seed) - reached for seed, reached in enumerate(runs[named])
    )


def _chosen_by(score: Callable[[Sequence[float], int], float]) -> Callable[[Runs, str], float]:
    """score: (a strategy's accuracies, the seed that judges) → what the rival has most of."""

    def case_regret(runs: Runs, named: str) -> float:
        scores = ({name: score(values, seed) for name, values in runs.items()} for seed in range(len(runs[named])))
        return 100 * fmean(_at_best(runs, of, seed) - runs[named][seed] for seed, of in enumerate(scores))

    return case_regret


def _other_values(values: Sequence[float], seed: int) -> float:
    return fmean([value for value in values if value != values[seed]] or values)


def _all_runs_alike(table: Mapping[str, Runs], guide: Mapping[str, str]) -> float:
    return fmean(regret for case, runs in table.items() for regret in _regrets(runs, guide[case]))


def _worst_case(table: Mapping[str, Runs], guide: Mapping[str, str]) -> float:
    return max(fmean(_regrets(runs, guide[case])) for case, runs in table.items())


def _median_case(table: Mapping[str, Runs], guide: Mapping[str, str]) -> float:
    return median(fmean(_regrets(runs, guide[case])) for case, runs in table.items())


def _summed(table: Mapping[str, Runs], guide: Mapping[str, str]) -> float:
    return sum(fmean(_regrets(runs, guide[case])) for case, runs in table.items())


EXERCISE = Exercise(
    lesson="11_key_takeaways",
    reference=decision_regret,
    probe=probes.decision_regret,
    cases=_cases,
    properties=(
        Property(
            "On one target, each seed is judged by a rival that the other seeds chose.", 3, ("regret",), (0, 1, 4)
        ),
        Property("Every case counts alike, however many seeds it has.", 2, ("regret",), (2,)),
        Property("A guide that beats its rivals has a negative regret.", 1, ("regret",), (3,)),
        Property(
            "One number comes back, and the arguments are left alone.",
            1,
            ("is a number", "the arguments are left alone", "regret"),
            (0,),
        ),
    ),
    misconceptions=(
        Misconception(
            "winners-curse",
            _of_cases(_in_sample),
            "You choose the best strategy on the same seeds that judge it. Part of what made it the best is luck, and "
            "you charge the guide for that luck. Leave out the seed that judges when you choose.",
        ),
        Misconception(
            "best-of-each-seed",
            _of_cases(_best_of_each_seed),
            "You compare with the luckiest strategy of each seed. Nobody could have known it before: choose by the "
            "other seeds' means, then look at this one.",
        ),
        Misconception(
            "judged-where-chosen",
            _of_cases(_judged_elsewhere),
            "You choose on the other seeds, and then judge by their means. The seed that was left out is the judge: "
            "take both accuracies from it.",
        ),
        Misconception(
            "never-itself",
            _of_cases(_never_itself),
            "You look for the rival among the other strategies only. Where the recommended one is the best that the "
            "other seeds know, it is its own rival, and the regret is 0.",
        ),
        Misconception(
            "one-seed-chooses",
            _of_cases(_chosen_by(lambda values, seed: values[(seed + 1) % len(values)])),
            "One other seed chooses your rival. The mean over *all* the others does.",
        ),
        Misconception(
            "median-of-the-others",
            _of_cases(_chosen_by(lambda values, seed: median([*values[:seed], *values[seed + 1 :]]))),
            "The median of the other seeds chooses your rival. It is the highest mean that counts.",
        ),
        Misconception(
            "left-out-by-value",
            _of_cases(_chosen_by(_other_values)),
            "You leave out every run with the accuracy of the one that judges. Two seeds may reach the same: leave out "
            "the seed, by its place.",
        ),
        Misconception(
            "cut-at-zero",
            _of_cases(lambda runs, named: fmean(max(0.0, regret) for regret in _regrets(runs, named))),
            "You count no regret below 0. Then luck can only ever add to it, and a guide that is as good as any other "
            "looks bad.",
        ),
        Misconception(
            "case-cut-at-zero",
            _of_cases(lambda runs, named: max(0.0, fmean(_regrets(runs, named)))),
            "A case in which the guide was ahead counts 0 with you. It counts what it is: below 0.",
        ),
        Misconception(
            "without-sign",
            _of_cases(lambda runs, named: fmean(map(abs, _regrets(runs, named)))),
            "You take the size of each difference. A seed in which the guide was ahead makes up for one in which it "
            "was not.",
        ),
        Misconception(
            "turned-round",
            _of_cases(lambda runs, named: -fmean(_regrets(runs, named))),
            "Yours is what the guide gains. A regret is what it loses: the rival's accuracy less its own.",
        ),
        Misconception(
            "shares",
            _of_cases(lambda runs, named: fmean(_regrets(runs, named)) / 100),
            "Yours is a share. In percentage points it is a hundred times as much.",
        ),
        Misconception(
            "all-runs-alike",
            _all_runs_alike,
            "You take one mean over all runs, so a case with many seeds counts more. First a mean for each case, then "
            "the mean of these.",
        ),
        Misconception(
            "worst-case",
            _worst_case,
            "You return the worst case. The mean over cases is asked for.",
        ),
        Misconception(
            "median-case",
            _median_case,
            "You take the median over cases, which a single disaster does not move. The mean is asked for.",
        ),
        Misconception(
            "summed-over-cases",
            _summed,
            "You add the cases up. Divide by how many there are, so that longer tables are not worse.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "For one case and one seed: hide this seed, take the mean of each strategy over the rest, and keep the name of "
        "the best. Only then look at the hidden seed, for the rival and for the recommended strategy. What is the "
        "smallest loop that does this for every seed?",
        "[*values[:seed], *values[seed + 1:]] are the other seeds. Put their means into a dictionary, and max(means, "
        "key=means.get) is the rival's name. Keep a list of differences for each case, and a list of their means.",
    ),
)
