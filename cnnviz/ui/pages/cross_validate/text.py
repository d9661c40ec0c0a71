"""What a cross-validation's figures say, in words; plain functions of the figures."""

from cnnviz.numbers import number, percent
from cnnviz.training.cross_validation import LEVEL, binomial_standard_error, paired, student_t, summarize
from cnnviz.training.cross_validation_examples import Figures


def dealt_line(figures: Figures) -> str:
    """5 stratified folds of 6,000 digits, seed 0."""
    kind = "stratified" if figures.stratified else "plain"
    return f"{figures.folds} {kind} folds of {figures.config.train_size:,} digits, seed {figures.config.seed}"


def share_done(figures: Figures) -> float:
    """How much of all training is done, from 0 to 1."""
    done: list[float] = [events[-1]["step"] / events[-1]["steps"] for events in figures.events if events]
    return min(1.0, sum(done) / figures.folds)


def headline(figures: Figures) -> str:
    """97.9 ± 0.3%, as soon as there are two folds."""
    if not figures.scores:
        return "–"
    if len(figures.scores) == 1:
        return percent(figures.accuracies[0])
    found = summarize(figures.accuracies)
    return f"{100 * found.mean:.1f} ± {percent(found.standard_deviation)}"


def verdict(figures: Figures) -> str:
    """What the spread says, in three sentences; needs two finished folds."""
    found = summarize(figures.accuracies)
    held_out = figures.config.train_size // figures.folds
    chance = binomial_standard_error(found.mean, held_out)
    low, high = found.corrected
    return (
        f"The folds read **{percent(found.mean, 2)}** on average and vary by "
        f"**{100 * found.standard_deviation:.2f} points** (standard deviation). "
        f"Counting only {held_out:,} digits makes about {100 * chance:.2f} of that by itself: "
        f"{_compared(found.standard_deviation, chance)} "
        f"With 95% confidence the recipe's mean lies from {percent(low)} to {percent(min(high, 1))}."
    )


def _compared(standard_deviation: float, chance: float) -> str:
    if standard_deviation > 1.5 * chance:
        return "the folds differ by more, so it matters what is in them."
    return "the folds differ no more than that luck explains."


def formula(figures: Figures) -> str:
    """The interval's arithmetic with the live figures, as LaTeX."""
    found = summarize(figures.accuracies)
    n, t = found.n, student_t(found.n)
    mean, standard_deviation = 100 * found.mean, 100 * found.standard_deviation
    plain, wide = ((high - low) * 50 for low, high in (found.interval, found.corrected))
    head = rf"{mean:.2f} \pm {t:.3f} \cdot {standard_deviation:.2f}"
    overlap = rf"\sqrt{{\tfrac{{1}}{{{n}}} + \tfrac{{1}}{{{n - 1}}}}}"
    return (
        r"\begin{aligned}"
        rf"\text{{plain}} &: {head} \cdot \sqrt{{\tfrac{{1}}{{{n}}}}} = {mean:.2f} \pm {plain:.2f}\% \\"
        rf"\text{{overlap}} &: {head} \cdot {overlap} = {mean:.2f} \pm {wide:.2f}\%"
        r"\end{aligned}"
    )


FORMULA_NOTE = (
    f"{percent(LEVEL, 0)} intervals of the mean with Student's t. The plain one takes the folds for "
    "independent; but any two networks share most of their training digits, so it is too narrow. The second "
    "allows for that overlap (Nadeau and Bengio, 2003)."
)


def pair_verdict(figures: Figures, other: Figures, title: str, other_title: str) -> str:
    """Whether one recipe beats the other on the same folds by more than luck."""
    found = paired(figures.accuracies, other.accuracies)
    low, high = (100 * edge for edge in found.corrected)
    words = (
        f"**{title}** against {other_title}: {number(100 * found.mean, '+.2f')} points on average, the 95% "
        f"interval goes from {number(low, '+.2f')} to {number(high, '+.2f')}. "
    )
    if low <= 0 <= high:
        return words + "Zero lies inside: **this may be luck.**"
    return words + "Zero lies outside: **this is more than luck.**"


LIMITS = (
    "What this does not show: MNIST's 10,000 test digits, which stay untouched. Every network learns from "
    "a part of the digits, so one trained on all of them is likely a little better. All folds begin with "
    "the same random weights, so the luck of the start is not in the spread: try another seed. And the "
    "best of many recipes tried here looks better than it is."
)
