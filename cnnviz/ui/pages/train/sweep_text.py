"""What a sweep's figures say, in words; plain functions of the figures."""

from collections.abc import Sequence

from cnnviz.numbers import percent
from cnnviz.runs.grid import SETTINGS, Grid, Point, Value
from cnnviz.runs.sweep import Outcome, Sweep, best
from cnnviz.training.config import TrainConfig
from cnnviz.training.cross_validation import binomial_standard_error
from cnnviz.ui.pages.train.form import OPTIMIZERS, SCHEDULES

_TOPS = (0.9, 0.97, 0.99, 0.9985)  # of the charts' accuracy axes
_TITLES = OPTIMIZERS | {name: title.split(":")[0] for name, title in SCHEDULES.items()}


def value_title(value: Value) -> str:
    """0.001, SGD with momentum."""
    return _TITLES.get(value, value) if isinstance(value, str) else f"{value:,g}"


def named_value(name: str, value: Value) -> str:
    """Batch size 32; a word says by itself what it is: Adam."""
    return value_title(value) if SETTINGS[name].choices else f"{SETTINGS[name].title} {value_title(value)}"


def point_title(point: Point) -> str:
    """Learning rate 0.001, optimizer Adam."""
    words = [f"{SETTINGS[name].title.lower()} {value_title(value)}" for name, value in point.values.items()]
    return _begun(", ".join(words))


def axes_line(grid: Grid) -> str:
    """Learning rate × optimizer."""
    return _begun(" × ".join(SETTINGS[name].title.lower() for name, _ in grid.axes))


def digits_line(config: TrainConfig, grid: Grid) -> str:
    """8 runs of 3,000 digits."""
    return f"{grid.size} runs of {config.train_size - config.validation_size:,} digits, seed {config.seed}"


def outcome_word(outcome: Outcome) -> str:
    """Its accuracy, for as long as it trains the latest one; else why there is none."""
    if outcome.accuracy is not None:
        return percent(outcome.accuracy)
    if outcome.diverged:
        return "ran away"
    measured = [event["validation_accuracy"] for event in outcome.events if event.get("validation_accuracy")]
    if outcome.state == "running" and measured:
        return percent(measured[-1])
    if outcome.run is None and outcome.state == "queued":
        return "–"
    return {"running": "begins", "queued": "waits"}.get(outcome.state, outcome.state)


def share_done(outcomes: Sequence[Outcome]) -> float:
    """How much of all training is done, from 0 to 1; what runs away is done."""
    done = [
        1.0 if outcome.state == "finished" else last["step"] / last["steps"]
        for outcome in outcomes
        for last in outcome.events[-1:] or [{"step": 0, "steps": 1}]
    ]
    return min(1.0, sum(done) / len(done))


def highest(outcomes: Sequence[Outcome]) -> float:
    """The accuracy at the top of every cell: the least of a few that holds all curves."""
    reached = [event.get("validation_accuracy") or 0.0 for one in outcomes for event in one.events]
    reached += [one.accuracy or 0.0 for one in outcomes]
    return next((top for top in _TOPS if max(reached, default=0.0) <= top), _TOPS[-1])


def cells_caption(outcomes: Sequence[Outcome]) -> str:
    """What the cells show, with the range of their color."""
    accuracies = [outcome.accuracy for outcome in outcomes if outcome.accuracy is not None]
    low, high = min(accuracies, default=0.0), max(accuracies, default=0.0)
    tint = f" The blue deepens from {percent(low)} to {percent(high)}; the best is framed." * bool(accuracies)
    return (
        "A cell a run: its accuracy over its epochs on the validation digits (strong line) and on its "
        f"training batches (gray), from 0 to {percent(highest(outcomes))}, widening upwards.{tint}"
    )


def verdict(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Which point reads best, and how far that can be trusted."""
    found = best(outcomes)
    if found is None or found.accuracy is None:
        return "Every run that ended ran away: its numbers grew without bound. Try lower learning rates."
    n = sweep.config.validation_size
    chance = binomial_standard_error(found.accuracy, n)
    near = sum(
        outcome.accuracy is not None and outcome.accuracy >= found.accuracy - 2 * chance
        for outcome in outcomes
        if outcome is not found
    )
    ended = sum(outcome.state == "finished" for outcome in outcomes)
    return (
        f"Best of {ended}: **{_lowered(point_title(found.point))}**, {percent(found.accuracy)} of the {n:,} "
        "validation digits. It was chosen by these very digits, so the figure flatters it. Counting only "
        f"{n:,} digits makes about ± {100 * chance:.1f} points by itself (one standard deviation): "
        + _near_words(near)
    )


def _near_words(near: int) -> str:
    if not near:
        return "no other comes within twice that."
    runs = "one other comes" if near == 1 else f"{near} others come"
    return f"{runs} within twice that, and may be as good."


LIMITS = (
    "What this does not show: MNIST's 10,000 test digits, which stay untouched, and the luck of the start: "
    "all runs begin with the same seed. What is best for few digits and a short training need not be best "
    "for long ones. And the more combinations are tried, the more luck is in the best of them: "
    "cross-validate it before you believe it."
)


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def _lowered(words: str) -> str:
    return words[:1].lower() + words[1:]
