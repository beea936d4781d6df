"""What was measured, in words: the table of sides, whether scores are the same, what was asked for, how it grows."""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.grading.memory import Usage
from benchmarks.grading.sides import Run, differences

TIMES_ASKED, MEMORY_ASKED = 20.0, 1.5e9  # submissions a minute against stock's graded cells; bytes of a worker
LEVEL = 0.05  # by how much the largest class may take more memory than the one before
_HEADER = (
    "| side | submissions | seconds | a minute | processor s each | peak memory, MB | of one worker, MB |\n"
    "|---|--:|--:|--:|--:|--:|--:|"
)
_GROWTH = "| copies | seconds | seconds each | processor s each | peak memory, MB |\n|--:|--:|--:|--:|--:|"


def comparison(runs: Sequence[Run]) -> str:
    """A line for each side."""
    lines = [_HEADER]
    for run in runs:
        use = run.usage
        numbers = f"{run.count} | {use.seconds:.1f} | {run.rate:.1f} | {use.processor / run.count:.2f}"
        lines.append(f"| {run.name} | {numbers} | {use.peak / 1e6:.0f} | {use.worker / 1e6:.0f} |")
    return "\n".join(lines)


def equality(runs: Sequence[Run]) -> list[str]:
    """A sentence for each score in which a side differs from the last one, which graded most; empty if none does."""
    last = runs[-1]
    found = [(run.name, one) for run in runs[:-1] for one in differences(run.scores, last.scores)]
    return [f"{name} and {last.name} differ: {one}" for name, one in found]


def verdicts(runs: Sequence[Run]) -> Iterator[str]:
    """Whether what was asked for is reached, with the numbers. runs: stock's, the graded cells last; ours."""
    theirs = next(run for run in runs if "graded" in run.name)
    mine = [run for run in runs if run.name.startswith("ours")]
    for run in mine:
        times, work = run.rate / theirs.rate, _work(theirs) / _work(run)
        asked = f", {TIMES_ASKED:g} asked: {_word(times >= TIMES_ASKED)}" if run is mine[-1] else ""
        yield (
            f"{run.name}: {times:.1f} times the submissions a minute of {theirs.name}{asked}; "
            f"{work:.1f} times less processor time each"
        )
    most = max(run.usage.worker for run in mine)
    yield f"one worker: {most / 1e6:.0f} MB at most, {MEMORY_ASKED / 1e6:.0f} allowed: {_word(most < MEMORY_ASKED)}"


def growth(sizes: Mapping[int, Usage]) -> str:
    """A line for each number of copies; then whether memory stays level from the last but one to the last."""
    lines = [_GROWTH]
    for count, use in sizes.items():
        each = f"{use.seconds / count:.4f} | {use.processor / count:.4f}"
        lines.append(f"| {count:,} | {use.seconds:.1f} | {each} | {use.peak / 1e6:.0f} |")
    if len(sizes) > 1:
        before, last = list(sizes.values())[-2:]
        more = last.peak / before.peak - 1
        lines.append(f"\nmemory of the largest against the one before: {more:+.1%}: {_word(more <= LEVEL)}")
    return "\n".join(lines)


def _work(run: Run) -> float:
    return run.usage.processor / run.count


def _word(reached: bool) -> str:
    return "PASS" if reached else "short"
