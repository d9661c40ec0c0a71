"""Every filter of a layer and the picture it would love most; beside it all about the selected one."""

from functools import partial

import streamlit as st

from cnnviz.feature_visualization.closed_form import is_affine, optimum
from cnnviz.networks.network import WEIGHTED, Network, output_shapes
from cnnviz.numbers import number
from cnnviz.ui.components.maps.maps import chosen_tile, maps
from cnnviz.ui.pages.maximize.program import filters_program
from cnnviz.ui.pages.maximize.request import CELL, LOOKS, MAP, WORDS, Film, Shown, choose, progress_of
from cnnviz.ui.pages.maximize.training_strip import program, requests, through_training
from cnnviz.ui.pages.maximize.unit_panel import exact_panel, optimized_panel
from cnnviz.ui.state.current_model import CurrentModel, playing
from cnnviz.ui.state.incremental import watch
from cnnviz.ui.state.query_params import CHANNEL
from cnnviz.ui.widgets.code_panel import code_panel
from cnnviz.ui.widgets.layer_picker import choose_layer, choose_unit

GRID, SHOWN_PART = "maximized", "maximized_part"
PART = 64  # units climbed at once


def filters(chosen: CurrentModel) -> None:
    shown = _choose(chosen)
    film, others = shown.film(), None if shown.exact or playing() else shown.variants()
    works = [film] if others is None else [film, others]
    watch(lambda: _pictures(shown, film, others), works, whole=playing())
    later = requests(shown)
    if later is not None:
        watch(partial(through_training, later), later.films, whole=playing())
    code_panel(
        filters_program(
            chosen,
            shown.layer,
            shown.units,
            shown.unit,
            shown.excite == CELL,
            shown.look,
            shown.exact is not None,
        )
        + (program(later) if later is not None else "")
    )


def _pictures(shown: Shown, film: Film, others: Film | None) -> None:
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        _grid(shown, film)
    with right:
        if shown.exact:
            exact_panel(shown, shown.exact, film)
        else:
            optimized_panel(shown, film, others)


# ---- controls ----


def _choose(chosen: CurrentModel) -> Shown:
    model = chosen.model
    layers = _layers(model)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="maximize_controls"):
        layer = choose_layer(layers, first=layers[min(1, len(layers) - 1)])
        shape = output_shapes(model.config)[layer]
        unit = choose_unit("Filter" if len(shape) == 3 else "Unit", layer, shape[0])
        affine = is_affine(model, layer)
        excite = _excite(len(shape) == 3, affine)
        look = "sharp" if affine else _look()
        units = _part(unit, shape[0])
    exact = optimum(model, layer, units) if affine else None
    return Shown(chosen, layer, units, unit, excite, look, exact)


def _part(unit: int, count: int) -> list[int]:
    """The units shown: at most 64 at once, those around the chosen one."""
    parts = [range(start, min(start + PART, count)) for start in range(0, count, PART)]
    if len(parts) == 1:
        return list(parts[0])
    names = {f"{part[0]}–{part[-1]}": part for part in parts}
    st.session_state[SHOWN_PART] = next(name for name, part in names.items() if unit in part)
    name = st.selectbox("Units", list(names), key=SHOWN_PART, on_change=_turn_to, args=(names,), width=110)
    return list(names[name])


def _turn_to(names: dict[str, range]) -> None:
    CHANNEL.take(0, names[st.session_state[SHOWN_PART]])


def _layers(model: Network) -> list[str]:
    """Convolutions, blocks and hidden dense layers; the outputs have a view of their own."""
    return [
        name for name, module in model.named_children() if isinstance(module, WEIGHTED) and name != "logits"
    ]


def _excite(maps_here: bool, affine: bool) -> str:
    if not maps_here:
        return ""
    if affine:
        return CELL
    choice = st.segmented_control(
        "Excite",
        [MAP, CELL],
        default=MAP,
        key="excite",
        persist_state="session",
        required=True,
        help="The mean of all cells of the filter's map, or its middle cell alone.",
    )
    return choice or MAP


def _look() -> str:
    choice = st.segmented_control(
        "Picture",
        list(LOOKS),
        default="sharp",
        key="maximize_look",
        persist_state="session",
        required=True,
        help="  \n".join(f"**{name}**: {words}." for name, words in WORDS.items()),
    )
    return choice or "sharp"


# ---- the grid ----


def _grid(shown: Shown, film: Film) -> None:
    best, dead = shown.exact or film.last, film.last.dead if film.done and not shown.exact else None
    maps(
        shown.part(best.images),
        key=GRID,
        label=f"The picture each {shown.noun} of {shown.layer} would love to see",
        captions=list(map(str, shown.units)),
        notes=[f"activation {number(value, '.2f')}" for value in best.values.tolist()],
        noun=shown.noun,
        scale="digit",
        selected=shown.tile,
        marks=None if dead is None else dead.numpy(),
        tile=_tile_side(len(shown.units)),
        on_select=lambda: choose(CHANNEL, chosen_tile(GRID), shown.units),
    )
    if shown.exact:
        st.caption(_about_exact(shown))
    else:
        progress_of([film], _about_optimized(shown))


def _tile_side(count: int) -> int:
    """CSS px of a tile such that the usual layers fill the column."""
    sides = {8: 112, 16: 100, 32: 84}
    return next((side for most, side in sides.items() if count <= most), 60)


def _about_optimized(shown: Shown) -> str:
    what = {
        MAP: "the mean of its map",
        CELL: "its map's middle cell; shown are the pixels this cell sees",
        "": "its value",
    }[shown.excite]
    return (
        f"Each picture began as the same faint noise (seed 0) and was changed in {shown.preset.steps} steps "
        f"so that one {shown.noun} rises: {what}, before the activation function. Picture: "
        f"{WORDS[shown.look]}.  \n"
        "**What this does not show:** what the network meets in practice. These pictures are no digits; a "
        "filter that loves such a pattern may in real digits answer to something weaker and quite ordinary. "
        "Other noise leads to other pictures (right)."
    )


def _about_exact(shown: Shown) -> str:
    where = "pixels the cell sees" if shown.excite else "pixels"
    return (
        f"**Exact, nothing was climbed.** Up to here the network only adds up weighted pixels. So among all "
        f"pictures the best one is white where the weight is positive and black where it is negative; shown "
        f"are the {where}. A batch normalization with a negative factor turns black and white round.  \n"
        "**What this does not show:** how large the weights are. A pixel that hardly counts is as black or "
        "white as one that decides."
    )
