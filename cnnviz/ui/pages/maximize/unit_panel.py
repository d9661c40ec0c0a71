"""The maximize page's side panel: the selected unit's picture, its making, its opposite, and real digits."""

import streamlit as st
import torch
from torch import Tensor

from cnnviz.feature_visualization.closed_form import Optimum
from cnnviz.feature_visualization.dataset_examples import DatasetExamples
from cnnviz.numbers import number, percent
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.maximize.charts import objective_chart
from cnnviz.ui.pages.maximize.request import (
    CELL,
    OTHER_SEEDS,
    Film,
    Shown,
    examples_of,
    film_strip,
    progress_of,
)
from cnnviz.ui.state.current_model import playing


def optimized_panel(shown: Shown, film: Film, others: Film | None) -> None:
    """others: the variants; None while the time machine plays."""
    frame, tile = film.last, shown.tile
    known = _known(shown) if film.done and others is not None else None
    real = None if known is None else _real(shown, known)
    st.markdown(_headline(shown, float(frame.values[tile]), real))
    picture, curve = st.columns([1, 1.1], gap="medium")
    with picture:
        _large(shown, shown.part(frame.images[tile : tile + 1]), "loved")
    with curve:
        objective_chart(film.records, tile, real, "climb_curve")
    if bool(frame.dead[tile]) and frame.last:
        st.info(
            f"This {shown.noun} is dead for the start picture and everything near it: its gradient is zero "
            "at every step, so the picture stays gray.",
            icon=":material/block:",
        )
    film_strip(film, tile, "film_strip", "maximized", shown.part)
    if known is not None and others is not None:
        _others(shown, others)
        _patches(shown, known)


def _headline(shown: Shown, value: float, real: float | None) -> str:
    line = f"**{shown.noun.capitalize()} {shown.unit}** of {shown.layer} reaches **{number(value, '.2f')}**"
    if real is None:
        return line
    return line + f"; the best of 10,000 real digits {number(real, '.2f')}"


def _known(shown: Shown) -> DatasetExamples:
    """What the test digits give; a second's work for a network not asked before."""
    return examples_of(shown.chosen.digest, shown.layer, shown.chosen.model)


def _real(shown: Shown, known: DatasetExamples) -> float:
    """The largest value of the same objective among the test digits."""
    return float(known.best[shown.unit, 0] if shown.excite == CELL else known.top[shown.unit])


def _large(shown: Shown, images: Tensor, key: str) -> None:
    maps(
        images,
        key=key,
        label=f"The picture {shown.noun} {shown.unit} of {shown.layer} would love to see",
        captions=[""],
        scale="digit",
        tile=196,
        selectable=False,
        link="maximized",
        legend=False,
    )


def _others(shown: Shown, film: Film) -> None:
    frame = film.last
    st.markdown("The opposite wish, and the same wish from other noise")
    maps(
        shown.part(frame.images),
        key="variants",
        label="The picture that lowers the unit most, and pictures from other start noise",
        captions=["opposite", *(f"seed {seed}" for seed in OTHER_SEEDS)],
        notes=[
            f"activation {number(value, '.2f')}"
            for value in (frame.values * torch.tensor([-1.0, 1, 1, 1])).tolist()
        ],
        scale="digit",
        tile=92,
        selectable=False,
        link="maximized",
        legend=False,
    )


def _patches(shown: Shown, known: DatasetExamples) -> None:
    what = "Parts of real digits" if known.width else "Real digits"
    st.markdown(f"{what} that excite {'one of its cells' if known.width else 'it'} most")
    digits, values = known.digits[shown.unit].tolist(), known.best[shown.unit].tolist()
    maps(
        known.patches(shown.chosen.model, shown.unit),
        key="patches",
        label=f"The test digits that excite {shown.noun} {shown.unit} most",
        captions=[number(value, ".2f") for value in values],
        notes=[f"test digit {digit:,}" for digit in digits],
        scale="digit",
        tile=44,
        selectable=False,
    )


def exact_panel(shown: Shown, exact: Optimum, film: Film) -> None:
    tile = shown.tile
    reached, best = float(film.last.values[tile]), float(exact.values[tile])
    st.markdown(
        f"**{shown.noun.capitalize()} {shown.unit}** of {shown.layer}: at most **{number(best, '.3f')}**"
    )
    weights, picture = st.columns(2, gap="medium")
    with weights:
        maps(
            shown.part(exact.weights[tile : tile + 1]),
            key="exact_weights",
            label="What each pixel counts",
            captions=["weights"],
            tile=190,
            selectable=False,
            link="maximized",
            numbers=bool(shown.excite),
        )
    with picture:
        maps(
            shown.part(exact.images[tile : tile + 1]),
            key="loved",
            label="The best picture there is",
            captions=["favourite"],
            scale="digit",
            tile=190,
            selectable=False,
            link="maximized",
        )
    progress_of(
        [film],
        f"A climb of {shown.preset.steps} steps finds it too: it reaches {number(reached, '.3f')}, "
        f"{percent(reached / best, 2)} of the exact maximum."
        if best > 0
        else f"A climb of {shown.preset.steps} steps reaches {number(reached, '.3f')}.",
    )
    film_strip(film, tile, "film_strip", "maximized", shown.part)
    if not playing():
        _patches(shown, _known(shown))
