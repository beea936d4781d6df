"""How long each lesson took, at the end of a run."""


def pytest_terminal_summary(terminalreporter) -> None:
    """A line a lesson, in their order, and one for all."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    taken = dict(sorted(dict(report.user_properties).get("seconds of a lesson", ("", 0)) for report in reports))
    taken.pop("", None)
    for name, seconds in taken.items():
        terminalreporter.write_line(f"{name}: {seconds:.0f} s")
    if taken:
        terminalreporter.write_line(f"{len(taken)} lessons: {sum(taken.values()):.0f} s")
