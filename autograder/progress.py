"""Two words for a learner beside `check`: `progress()` shows what is solved, `reveal("name")` shows the reference."""

from collections.abc import Mapping, Sequence
from html import escape

from IPython.display import display

from autograder.diary import TRIES, Entry, here, read
from autograder.exercise import Exercise
from autograder.exercises import EXERCISES, find
from autograder.quotation import whole

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
    lessons: dict[str, list[Exercise]] = {}
    for exercise in EXERCISES.values():
        lessons.setdefault(exercise.lesson, []).append(exercise)
    solved = sum(_state(exercise, entries) == "solved" for exercise in EXERCISES.values())
    title = f"{solved} of {len(EXERCISES)} exercises solved"
    rows = "".join(_row(lesson, exercises, entries) for lesson, exercises in lessons.items())
    lines = "\n".join(_line(lesson, exercises, entries) for lesson, exercises in lessons.items())
    follow = _follow(entries)
    table = f'<table aria-label="Exercises by lesson">{rows}</table>'
    display(Shown(f"<h4>{title}</h4>{table}<p>{escape(follow)}</p>", f"{title}\n{lines}\n{follow}"))


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


def _state(exercise: Exercise, entries: Mapping[str, Entry]) -> str:
    entry = entries.get(exercise.name, Entry())
    return "solved" if entry.solved else "begun" if entry.tries else "open"


def _row(lesson: str, exercises: Sequence[Exercise], entries: Mapping[str, Entry]) -> str:
    names = "".join(
        f'<span class="one {state}"><span role="img" aria-label="{state}">{_MARKS[state]}</span> '
        f"{escape(exercise.name)}</span>"
        for exercise in exercises
        for state in [_state(exercise, entries)]
    )
    points = f'<td class="points">{_points(exercises, entries)}</td>'
    return f"<tr><th scope=row>{escape(_title(lesson))}</th><td>{names}</td>{points}</tr>"


def _line(lesson: str, exercises: Sequence[Exercise], entries: Mapping[str, Entry]) -> str:
    names = "  ".join(f"{_MARKS[_state(exercise, entries)]} {exercise.name}" for exercise in exercises)
    return f"  {_title(lesson)} ({_points(exercises, entries)}): {names}"


def _points(exercises: Sequence[Exercise], entries: Mapping[str, Entry]) -> str:
    """Earned of possible; the exercise as it is now says what is possible, and a solved one has it all."""
    earned = 0
    for exercise in exercises:
        entry = entries.get(exercise.name, Entry())
        earned += exercise.points if entry.solved else min(entry.points, exercise.points)
    return f"{earned} of {sum(exercise.points for exercise in exercises)} points"


def _title(lesson: str) -> str:
    number, _, words = lesson.partition("_")
    return f"{int(number)} · {words.replace('_', ' ')}"


def _follow(entries: Mapping[str, Entry]) -> str:
    """The first that is begun and open; else the first that is open."""
    order = {state: [e for e in EXERCISES.values() if _state(e, entries) == state] for state in ("begun", "open")}
    if not order["begun"] and not order["open"]:
        return "All of it holds. What will you teach a network next?"
    exercise = (order["begun"] or order["open"])[0]
    verb = "go on" if order["begun"] or len(order["open"]) < len(EXERCISES) else "begin"
    return f"A good one to {verb} with: {exercise.name}, in lesson {_title(exercise.lesson).partition(' ')[0]}."
