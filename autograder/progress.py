"""Two words for a learner beside `check`: `progress()` shows what is solved, `reveal("name")` shows the reference."""

from collections.abc import Mapping, Sequence
from html import escape

from IPython.display import display

from autograder.diary import TRIES, Entry, here, read
from autograder.exercises import EXERCISES, find
from autograder.quotation import whole
from autograder.standing import Task, follow, number, points, solved, state

_STYLE = """
.progress{max-width:60em;font-family:system-ui,sans-serif;line-height:1.45;margin:.4em 0}
.progress h4{margin:0 0 .4em;font-size:1.05em}.progress table{border-collapse:collapse;width:100%}
.progress th,.progress td{text-align:left;vertical-align:top;padding:.3em .8em .3em 0;border-top:1px solid #8885;
 font-weight:400}
.progress td.points{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.progress .one{display:inline-block;margin:0 .9em 0 0}.progress .solved{color:#00785a}.progress .begun{color:#b34d00}
.progress p{margin:.5em 0 0}.progress pre{background:#8882;border-radius:6px;padding:.8em 1em;overflow-x:auto}
"""
_MARKS = {"solved": "✓", "begun": "◐", "open": "○"}


class Shown:
    """HTML in a notebook, the same as text elsewhere."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _repr_html_(self) -> str:
        return f'<style>{_STYLE}</style><section class="progress">{self.html}</section>'

    def __repr__(self) -> str:
        return self.text


def progress() -> None:
    """Show which exercises of the course are solved, which are begun, and a good one to go on with."""
    entries = read(here())
    tasks = [Task(one.name, one.lesson, one.points) for one in EXERCISES.values()]
    lessons = {task.lesson: [one for one in tasks if one.lesson == task.lesson] for task in tasks}
    title = f"{solved(tasks, entries)} of {len(tasks)} exercises solved"
    rows = "".join(_row(lesson, own, entries) for lesson, own in lessons.items())
    lines = "\n".join(_line(lesson, own, entries) for lesson, own in lessons.items())
    words, chosen = follow(tasks, entries)
    words += f" {chosen.name}, in lesson {number(chosen.lesson)}." if chosen else ""
    table = f'<table aria-label="Exercises by lesson">{rows}</table>'
    display(Shown(f"<h4>{title}</h4>{table}<p>{escape(words)}</p>", f"{title}\n{lines}\n{words}"))


def reveal(name: str) -> None:
    """Show the reference of exercise `name`, once it is solved or has been tried honestly three times.

    A try is honest if something was written, and if it differs from those before. Raises ValueError, with the closest
    names, if there is no such exercise.
    """
    exercise = find(name)
    entry = read(here()).get(name, Entry())
    if not entry.may_be_revealed:
        left = TRIES - len(entry.tries)
        tries = "another try" if left == 1 else f"{left} more tries"
        words = (
            f"Not yet: {name} opens when it is solved, or after {tries}, each different from those before. Two hints "
            f'fold out under the exercise, and check("{name}", {name}) says where to look.'
        )
        display(Shown(f"<p>{escape(words)}</p>", words))
        return
    source, place = whole(exercise.reference), exercise.reference.__module__.replace(".", "/")
    lead = "It holds, and so does yours" if entry.solved else "You have tried it in earnest; here is one way"
    words = f"{lead}. The reference, from {place}.py:"
    display(Shown(f"<p>{escape(words)}</p><pre>{escape(source)}</pre>", f"{words}\n\n{source}"))


# ---- parts --------------------------------------------------------------------------------------------------------


def _row(lesson: str, tasks: Sequence[Task], entries: Mapping[str, Entry]) -> str:
    names = "".join(
        f'<span class="one {own}"><span role="img" aria-label="{own}">{_MARKS[own]}</span> {escape(task.name)}</span>'
        for task in tasks
        for own in [state(task, entries)]
    )
    earned = f'<td class="points">{points(tasks, entries)}</td>'
    return f"<tr><th scope=row>{escape(_title(lesson))}</th><td>{names}</td>{earned}</tr>"


def _line(lesson: str, tasks: Sequence[Task], entries: Mapping[str, Entry]) -> str:
    names = "  ".join(f"{_MARKS[state(task, entries)]} {task.name}" for task in tasks)
    return f"  {_title(lesson)} ({points(tasks, entries)}): {names}"


def _title(lesson: str) -> str:
    return f"{number(lesson)} · {lesson.partition('_')[2].replace('_', ' ')}"
