"""How a training run stands, in words.

status_line(run, events)        state, step, speed and time left
latest_accuracy(events, best)   the newest validation's, or that of the weights it ended with
ending(run, events)             what is to be said about how it ended
"""

from collections.abc import Sequence
from typing import Any

from cnnviz.data.pen_digits import PAINTING
from cnnviz.numbers import duration, percent
from cnnviz.runs import run_dir
from cnnviz.runs.run import Run
from cnnviz.runs.run_dir import State
from cnnviz.ui.state.environment import engine

Event = dict[str, Any]
RECENT_SECONDS = 6.0  # over which the pace is taken
_WORDS: dict[State, str] = {
    "queued": "Waiting",
    "running": "Training",
    "paused": "Paused",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "interrupted": "Interrupted",
}


def status_line(run: Run, events: Sequence[Event]) -> str:
    """In a line or two."""
    trains = run.state == "running"
    if run.state == "queued":
        before = _before_it(run)
        return f"**Waiting** · {before} more before it in the queue" if before else "**Starting**"
    word, going = _word(run, events), trains and _under_way(run, events)
    if not events:
        return f"**{word}** · {_before_the_first_step(run)}" if trains else f"**{word}**"
    last = events[-1]
    place = f"step {last['step']:,} of {last['steps']:,}"
    if trains and (last["step"] == last["steps"] or last.get("ended_early")):
        return f"**Measuring** on the 10,000 test digits · {place}"
    words = [f"**{word}**", place, f"epoch {last['epoch']:.1f} of {run.config.epochs}"]
    pace = _pace(events) if going else [f"{duration(last['seconds'])} of training"]
    return " · ".join(words) + "  \n" + " · ".join(pace)


def _word(run: Run, events: Sequence[Event]) -> str:
    """What it does, or is about to do because somebody asked for it."""
    state, wanted = run.state, run.folder.wanted()
    if run.alive and wanted == "stop":
        return "Stopping"
    if state == "running" and wanted == "pause":
        return "Pausing"
    if state == "running" and not _under_way(run, events):
        return "Going on" if events else "Starting"
    if state == "paused" and wanted == "go":
        return "Going on"
    if state == "paused" and events and run.folder.read("control").get("until", 0) > events[-1]["step"]:
        return "Stepping"
    return _WORDS[state]


def _under_way(run: Run, events: Sequence[Event]) -> bool:
    """Whether anything was recorded since the run has had its place; before that it fetches the digits."""
    since = run.folder.read("worker").get("time", 0)
    return bool(events) and events[-1].get("time", since) >= since


def _before_the_first_step(run: Run) -> str:
    if run.config.data == "mnist":
        return "fetching the digits"
    hands = run.config.pen_variants
    return f"painting each pen digit as {hands} hands would write it, about {duration(PAINTING * hands)}"


def _before_it(run: Run) -> int:
    """How many runs come first: those that wait longer, and those that train if they fill every slot."""
    root = run.folder.path.parent
    waiting = [folder.id for folder in run_dir.queue(root)]
    running = sum(folder.state() == "running" for folder in run_dir.all_folders(root))
    ahead = waiting.index(run.id) if run.id in waiting else 0
    return ahead + (running if running >= engine().slots else 0)


def _pace(events: Sequence[Event]) -> list[str]:
    """Steps and images a second, and the time left, over the latest tenth of a minute or so.

    `seconds` counts training only: neither a pause nor a closed lid slows the pace.
    """
    last = events[-1]
    recent = [record for record in events if record["seconds"] > last["seconds"] - RECENT_SECONDS]
    first = recent[0] if len(recent) > 1 else events[0]
    if last["step"] == first["step"]:
        return []
    pace = (last["seconds"] - first["seconds"]) / (last["step"] - first["step"])
    speeds = [record["images_per_second"] for record in recent if record["images_per_second"]]
    words = [f"{1 / pace:,.0f} steps/s"] if pace else []
    return [
        *words,
        f"{sum(speeds) / max(len(speeds), 1):,.0f} images/s",
        f"{duration(pace * (last['steps'] - last['step']))} left",
    ]


def latest_accuracy(events: Sequence[Event], best: int | None = None) -> str:
    """best: the step whose weights it ended with (Run.best_step)."""
    values = [
        record["validation_accuracy"]
        for record in events
        if record.get("validation_accuracy") is not None and best in (None, record["step"])
    ]
    return percent(values[-1], 2) if values else "–"


def ending(run: Run, events: Sequence[Event]) -> str:
    """Early or not, and which step's weights were kept; empty when there is nothing special."""
    if not events or run.state not in ("finished", "stopped"):
        return ""
    last, sentences = events[-1], []
    if last.get("ended_early"):
        sentences.append(f"Ended early: {run.config.patience} validations brought nothing better.")
    if (best := run.best_step(events)) is not None:
        sentences.append(f"Its weights are those of step {best:,}, the best validation.")
    return " ".join(sentences)
