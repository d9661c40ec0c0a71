"""The dream page's second view: the ImageNet network itself, looking at the chosen photograph.

What it reads in it, its first kernels in color, the maps of a layer that answer most, and what
those maps' units would love to see: carried for some layers, computed on demand for the others.
"""

from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cnnviz.colors import ACCENT
from cnnviz.feature_visualization import precomputed
from cnnviz.feature_visualization.activation_maximization import Frame
from cnnviz.feature_visualization.imagenet_units import STEPS, unit_pictures
from cnnviz.feature_visualization.objectives import features
from cnnviz.io.images import encode_png
from cnnviz.io.photos import PHOTOS, to_pixels
from cnnviz.networks.imagenet import ImageLayer, first_kernels, layer_named, top_classes
from cnnviz.numbers import percent
from cnnviz.ui.components.gallery.gallery import chosen_picture, gallery
from cnnviz.ui.components.maps.maps import chosen_tile, maps
from cnnviz.ui.pages.dream.job import Picture
from cnnviz.ui.pages.dream.source_picture import choose_picture
from cnnviz.ui.state.cache import image_network
from cnnviz.ui.state.incremental import Incremental, progress, shared, watch
from cnnviz.ui.state.query_params import Dream
from cnnviz.ui.widgets.choice_controls import segments
from cnnviz.ui.widgets.code_panel import code_panel
from cnnviz.ui.widgets.pictures import theme

STRONGEST = 24  # maps shown of a layer
MAP_SIDE = 64  # cells; larger maps would be sent for nothing
LARGE = 128  # pixels of a wish computed on demand
_REQUEST = 230  # CSS px of the chosen unit's pictures
_UNIT, _ASKED = "_inside_unit", "_inside_asked"


def inside() -> None:
    """All of the view."""
    left, middle, right = st.columns([1.1, 1, 1], gap="large")
    with middle:
        picture = choose_picture(photographs_only=True)
        _classes(picture)
    with left:
        st.image(to_pixels(picture.image), width="stretch", alt=f"The network looks at {picture.label}")
        st.caption(
            f"Photograph: {picture.credit}." if picture.credit else "No photograph: nothing to recognize."
        )
    with right:
        _kernels()
    layer = layer_named(segments("Layer, from edges to animals", Dream.inside))
    _units(layer, picture)
    st.caption(
        "**What this does not show:** what the network does with these maps. A block's outputs are sums that "
        "may be negative; many units share one idea and many ideas share one unit, so a wish is one of the "
        "things a unit answers to, not its meaning."
    )
    code_panel(_program(layer, picture))


# ---- what it reads, and with what it begins ----


def _classes(picture: Picture) -> None:
    st.markdown("**What it reads in it**")
    found = _top(picture.digest(), picture.image)
    names, shares = [name for name, _ in found], [share for _, share in found]
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=names,
            orientation="h",
            marker_color=ACCENT[theme()],
            text=[f"{name} {percent(share, 0)}" for name, share in found],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.2%}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 2.2 * max(shares)], visible=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", visible=False, fixedrange=True)
    figure.update_layout(height=150, margin={"l": 0, "r": 0, "t": 0, "b": 0}, bargap=0.3)
    alt = "; ".join(f"{name} {percent(share, 0)}" for name, share in found)
    st.plotly_chart(figure, key="inside_classes", config={"displayModeBar": False}, alt=alt)


@st.cache_data(max_entries=64, show_spinner=False)
def _top(digest: int, _image: Tensor) -> list[tuple[str, float]]:  # noqa: ARG001 - the key
    return top_classes(image_network(), _image)


def _kernels() -> None:
    """The 32 kernels of the first layer, each a 3 × 3 picture in color."""
    tiles, largest = _kernel_tiles()
    st.markdown("**Its first layer:** 32 kernels in colour")
    gallery(
        tiles,
        key="inside_kernels",
        label="The 32 kernels of the first layer, 3 by 3 weights for red, green and blue",
        captions=[""] * len(tiles),
        hints=[f"kernel {index}: ± {limit:.2f}" for index, limit in enumerate(largest)],
        tile=28,
        crisp=True,
    )
    st.caption(
        f"3 × 3 weights for red, green and blue. Gray is 0, full color the kernel's own largest weight, "
        f"up to {max(largest):.1f}; all-grey kernels are unused."
    )


@st.cache_data(max_entries=1, show_spinner=False)
def _kernel_tiles() -> tuple[list[bytes], list[float]]:
    kernels = first_kernels(image_network())  # (32, 3, 3, 3)
    largest = kernels.flatten(1).abs().amax(1)
    limits = largest.clamp(min=0.01 * float(largest.max()))  # kernels that do nothing stay gray
    pictures = 0.5 + 0.5 * kernels / limits[:, None, None, None]
    return [encode_png(to_pixels(each)) for each in pictures], largest.tolist()


# ---- one layer ----


def _units(layer: ImageLayer, picture: Picture) -> None:
    found = _activations(layer.name, picture.digest(), picture.image)  # (C, H, W)
    order = found.flatten(1).clamp(min=0).square().mean(1).argsort(descending=True)[:STRONGEST].tolist()
    unit = int(st.session_state.get(_UNIT, order[0]))
    unit = unit if unit in order else order[0]
    requests = precomputed.unit_tiles(layer.name)
    columns = st.columns([1.25, 1.25, 1] if requests is not None else [1.6, 1], gap="large")
    with columns[0]:
        st.markdown(f"**What lights up** most: {len(order)} of {layer.channels} maps")
        maps(
            found[order],
            key=f"inside_maps_{layer.name}",
            label=f"The {len(order)} strongest maps of {layer.name} for {picture.label}",
            captions=list(map(str, order)),
            noun="unit",
            selected=order.index(unit),
            tile=64,
            on_select=lambda: _take(chosen_tile(f"inside_maps_{layer.name}"), order),
        )
    if requests is not None:
        with columns[1]:
            _requests(layer, requests, order, unit)
    with columns[-1]:
        _unit(layer, found, unit, requests)


def _requests(layer: ImageLayer, requests: NDArray[np.uint8], order: list[int], unit: int) -> None:
    st.markdown("**What these units would love to see**")
    key = f"inside_wishes_{layer.name}"
    gallery(
        [encode_png(requests[each]) for each in order],
        key=key,
        label=f"One optimized picture for each of {len(order)} units of {layer.name}",
        captions=list(map(str, order)),
        selected=order.index(unit),
        tile=56,
        on_select=lambda: _take(chosen_picture(key), order),
    )
    st.caption("Computed beforehand; colors 0 to 255.")


def _unit(layer: ImageLayer, found: Tensor, unit: int, requests: NDArray[np.uint8] | None) -> None:
    st.markdown(f"**Unit {unit}** of {layer.title} (`{layer.name}`)")
    pictures = _pictures_of(layer.name, unit)
    if requests is not None:
        _picture(requests[unit], unit)
    elif pictures.done or st.session_state.get(_ASKED) == (layer.name, unit):
        watch(lambda: _grown(pictures, unit), [pictures])
    else:
        st.caption("What would it love to see?")
        st.button(
            "Compute its wish",
            key="inside_compute",
            icon=":material/auto_awesome:",
            type="primary",
            on_click=_ask,
            args=(layer.name, unit),
        )
    maps(
        found[unit][None],
        key=f"inside_map_{layer.name}",
        label=f"Map of unit {unit}",
        captions=[""],
        tile=_REQUEST,
        selectable=False,
    )


def _ask(layer: str, unit: int) -> None:
    st.session_state[_ASKED] = (layer, unit)


def _pictures_of(layer: str, unit: int) -> Incremental[Frame]:
    begin = partial(unit_pictures, image_network(), layer, [unit], side=LARGE, every=4)
    return shared(("unit", layer, unit), begin, kept=1)


def _grown(pictures: Incremental[Frame], unit: int) -> None:
    frame = pictures.last
    _picture(to_pixels(frame.images[0]), unit)
    if not pictures.done:
        progress([pictures], frame.step / STEPS, f"step {frame.step} of {STEPS}", "inside")


def _picture(pixels: NDArray[np.uint8], unit: int) -> None:
    st.image(_enlarged(pixels), width=_REQUEST, alt=f"What unit {unit} would love to see")
    st.caption("Above its wish, below its map of this photograph.")


def _enlarged(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Smoothly, at twice the size shown, because the page's style shows pixels as squares."""
    return np.asarray(Image.fromarray(pixels).resize((2 * _REQUEST, 2 * _REQUEST), Image.Resampling.BICUBIC))


@st.cache_data(max_entries=32, show_spinner=False)
def _activations(layer: str, digest: int, _image: Tensor) -> Tensor:  # noqa: ARG001 - the key
    """(C, H, W), of the picture reduced until the maps have a sensible size."""
    longest = MAP_SIDE * layer_named(layer).stride
    shrink = min(1.0, longest / max(_image.shape[1:]))
    size = [round(side * shrink) for side in _image.shape[1:]]
    image = F.interpolate(_image[None], size, mode="bilinear", align_corners=False, antialias=True)
    with torch.no_grad():
        return features(image_network(), image, [layer])[layer][0].contiguous()


def _take(tile: int | None, order: list[int]) -> None:
    if tile is not None and tile < len(order):
        st.session_state[_UNIT] = order[tile]


def _program(layer: ImageLayer, picture: Picture) -> str:
    name = picture.name if picture.name in PHOTOS else "forest"
    return (
        "network = load_imagenet()\n"
        f'image = load_photo("{name}")  # (3, H, W) in [0, 1]\n'
        "print(top_classes(network, image))\n"
        "print(first_kernels(network).shape)  # (32, 3, 3, 3)\n"
        "with torch.no_grad():\n"
        f'    found = features(network, image[None], ["{layer.name}"])\n'
        f'maps = found["{layer.name}"][0]  # ({layer.channels}, h, w)\n'
        "strongest = maps.flatten(1).clamp(min=0).square().mean(1).argsort(descending=True)[:24]\n"
        f'wish = last(unit_pictures(network, "{layer.name}", [int(strongest[0])])).images[0]\n'
        "print(strongest, wish.shape)\n"
    )
