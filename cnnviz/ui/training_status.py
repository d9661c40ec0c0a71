"""How a training run stands, in words.

status_line(run, events)      state, step, speed and time left
latest_accuracy(events)       the newest validation's
ending(run, events)           what is to be said about how it ended
"""

from collections.abc import Sequence
from typing import Any

from cnnviz import run_folder
from cnnviz.run_folder import State
from cnnviz.runs import Run
from cnnviz.ui import settings
from cnnviz.ui.training_form import duration

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
    word, trains = _WORDS[run.state], run.state == "running"
    if run.state == "queued":
        before = _before_it(run)
        return f"**{word}** · {before} more before it in the queue" if before else "**Starting**"
    if trains and not events:
        return "**Starting** · fetching the digits"
    if run.alive and run.folder.stop_wanted():
        word = "Stopping"
    elif run.state == "paused" and run.folder.wanted() == "go":
        word = "Going on"
    elif run.state == "paused" and events and run.folder.read("control").get("until", 0) > events[-1]["step"]:
        word = "Stepping"
    if not events:
        return f"**{word}**"
    last = events[-1]
    place = f"step {last['step']:,} of {last['steps']:,}"
    if trains and (last["step"] == last["steps"] or last.get("ended_early")):
        return f"**Measuring** on the 10,000 test digits · {place}"
    words = [f"**{word}**", place, f"epoch {last['epoch']:.1f} of {run.config.epochs}"]
    pace = _pace(events) if trains else [f"{duration(last['seconds'])} of training"]
    return " · ".join(words) + "  \n" + " · ".join(pace)


def _before_it(run: Run) -> int:
    """How many runs come first: those that wait longer, and those that train if they fill every slot."""
    root = run.folder.path.parent
    waiting = [folder.id for folder in run_folder.queue(root)]
    running = sum(folder.state() == "running" for folder in run_folder.all_folders(root))
    ahead = waiting.index(run.id) if run.id in waiting else 0
    return ahead + (running if running >= settings.engine().slots else 0)


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


def latest_accuracy(events: Sequence[Event]) -> str:
    values = [
        record["validation_accuracy"] for record in events if record.get("validation_accuracy") is not None
    ]
    return f"{100 * values[-1]:.2f} %" if values else "–"


def ending(run: Run, events: Sequence[Event]) -> str:
    """Early or not, and which step's weights were kept; empty when there is nothing special."""
    if not events or run.state not in ("finished", "stopped"):
        return ""
    last, sentences = events[-1], []
    if last.get("ended_early"):
        sentences.append(f"Ended early: {run.config.patience} validations brought nothing better.")
    if run.config.keep_best and last.get("best_step") is not None:
        sentences.append(f"Its weights are those of step {last['best_step']:,}, the best validation.")
    return " ".join(sentences)
