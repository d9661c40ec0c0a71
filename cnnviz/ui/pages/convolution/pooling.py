"""Pooling by hand: the largest or the mean value of every window, with any window and stride."""

from dataclasses import replace

import streamlit as st
from torch import Tensor

from cnnviz.errors import ShapeError
from cnnviz.interpret.filters import conv_layers
from cnnviz.labs.convolution.geometry import WindowGeometry, size_formula
from cnnviz.labs.convolution.kernels import POOLING_EXAMPLES
from cnnviz.labs.convolution.pooling import pool_average, pool_max
from cnnviz.numbers import percent
from cnnviz.ui.components.sliding_window.sliding_window import Rule, SlidingContent, sliding_picture
from cnnviz.ui.pages.convolution.inputs import DIGIT
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import current_model, current_trace
from cnnviz.ui.state.query_params import Convolution, OneOf
from cnnviz.ui.widgets.choice_controls import number, select
from cnnviz.ui.widgets.code_panel import code_panel, opening

PICTURE = "pooling_by_hand"
MAP = "map"
RULES: dict[Rule, str] = {"max": "Largest", "mean": "Mean"}


def pool() -> None:
    """Feature map, window and pooled map; window and stride of choice."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name, image = choose_pooled()
        rule = select("Of every window", Convolution.pooled_by, RULES.__getitem__, width=130)
        window = number("Window", Convolution.pool_window)
        stride = number("Stride", Convolution.pool_stride)
    geometry = WindowGeometry(stride)
    total = _show(image[None], rule, window, geometry)
    _words(image, window, geometry, total)
    _code(name, rule, window, stride)


def _show(image: Tensor, rule: Rule, window: int, geometry: WindowGeometry) -> Tensor | None:
    """The picture; returns the pooled map (H', W'), None when there is none, and says why."""
    content = SlidingContent(
        label="Pooling by hand",
        rule=rule,
        image=image,
        window=(window, window),
        geometry=WindowGeometry(),
        names=["Map"],
    )
    try:
        if rule == "max":
            total, places = pool_max(image, window, geometry.stride)
            content = replace(content, geometry=geometry, total=total[0], winners=places[0])
        else:
            total = pool_average(image, window, geometry.stride)
            content = replace(content, geometry=geometry, total=total[0])
    except ShapeError as error:
        sliding_picture(content, key=PICTURE)
        st.error(str(error), icon=":material/error:")
        return None
    sliding_picture(content, key=PICTURE)
    return total[0]


def choose_pooled() -> tuple[str, Tensor]:
    """Name and values, float64 (H, W), of what is pooled."""
    name = select("Feature map", _pooled(), _title)
    return name, pooled_values(name)


def _pooled() -> OneOf[str]:
    layers = conv_layers(current_model().model)
    return Convolution.pooled.among([*POOLING_EXAMPLES, DIGIT, *([MAP] if layers else [])])


def current_pooling() -> tuple[Tensor, int, int]:
    """Values (H, W), window and stride as chosen last, also where they are not on screen."""
    values = pooled_values(_pooled().value())
    return values, Convolution.pool_window.value(), Convolution.pool_stride.value()


def pooled_values(name: str) -> Tensor:
    """float64 (H, W) of one of the choices."""
    if name in POOLING_EXAMPLES:
        return POOLING_EXAMPLES[name].image
    if name == MAP:
        layer = conv_layers(current_model().model)[0]
        output = current_trace()[layer].output
        return output[int(output.flatten(1).amax(1).argmax())].double()  # the map with the largest value
    return current_digit().image.double()


def _title(name: str) -> str:
    titles = {DIGIT: "The current digit", MAP: "The network's strongest map"}
    return titles.get(name) or POOLING_EXAMPLES[name].label


def _words(image: Tensor, window: int, geometry: WindowGeometry, total: Tensor | None) -> None:
    sizes = dict(zip(("rows", "columns"), image.shape, strict=True))
    formulas = {name: size_formula(size, window, geometry) for name, size in sizes.items()}
    if len(set(formulas.values())) == 1:
        formulas = {"rows and columns": formulas["rows"]}
    with st.container(horizontal=True, gap="large"):
        for name, formula in formulas.items():
            st.markdown(f"{name.capitalize()}: ${formula}$", width="content")
    if total is None:
        return
    st.caption(
        f"{image.numel()} values become {total.numel()}, {percent(total.numel() / image.numel(), 0)}. "
        "Pooling has no weights, so it learns nothing. Maps are pooled one by one: as many come out as go "
        "in.  \n"
        "**What this does not show:** what a network loses with the values that go; see the Pooling page."
    )


def _code(name: str, rule: Rule, window: int, stride: int) -> None:
    if name in POOLING_EXAMPLES:
        start = f"image = POOLING_EXAMPLES[{name!r}].image  # (H, W)\n"
    else:
        start = opening(current_model(), current_digit())
        if name == MAP:
            layer = conv_layers(current_model().model)[0]
            start += f"maps = trace(model, image)[{layer!r}].output\n"
            start += "image = maps[maps.flatten(1).amax(1).argmax()]  # the map with the largest value\n"
    call = {"max": "pool_max", "mean": "pool_average"}[rule] + f"(image[None], {window}, {stride})"
    code_panel(start + f"print({call})\n")
