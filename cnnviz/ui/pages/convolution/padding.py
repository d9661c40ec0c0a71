"""What a kernel finds beyond the edge: four ways to invent it, one way to do without."""

import streamlit as st
import torch
from torch import Tensor

from cnnviz.labs.convolution.geometry import PADDING_MODES, WindowGeometry, pad
from cnnviz.labs.convolution.operations import correlate
from cnnviz.ui.components.maps.maps import MapScale, maps
from cnnviz.ui.pages.convolution.inputs import PADDING_NAMES, Picture, beginning, choose_image, kernel_lines
from cnnviz.ui.pages.convolution.kernel import Kernel, choose_kernel, write_link
from cnnviz.ui.widgets.code_panel import code_panel

TILE = 170  # CSS px at most, so that two fit on a phone
SAME = 1e-9


def borders() -> None:
    """The padded images, their results, and where the results differ."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        picture, kernel = choose_image(), choose_kernel()
        width = _choose_width(picture.image, kernel.kernel)
    image, weights = picture.image, kernel.kernel[None, None]
    padded = torch.stack([pad(image, width, border) for border in PADDING_MODES])  # (4, H + 2P, W + 2P)
    results = torch.cat(
        [
            correlate(image[None], weights, None, WindowGeometry(padding=width, border=border))
            for border in PADDING_MODES
        ]
    )  # (4, H', W')
    cropped = _cropped(image, weights)
    names = [PADDING_NAMES[border] for border in PADDING_MODES]

    inside = [(tile, width, width, *image.shape) for tile in range(len(PADDING_MODES))]
    left, right = st.columns([4.15, 1], gap="small")
    with left:
        st.markdown("**What the kernel finds** beyond the edge (the image is inside the outline)")
        _row(padded, "borders_padded", names, _side(padded), "digit", picture.limit, inside)
    with right:
        st.markdown("or **nothing:**")
        _row(image[None], "borders_image", ["crop"], _side(padded), "digit", picture.limit)
    left, right = st.columns([4.15, 1], gap="small")
    limit = float(results.abs().max())
    with left:
        st.markdown("**What comes out**")
        _row(results, "borders_results", names, _side(results), "signed", limit)
    with right:
        st.markdown("smaller:")
        if cropped is None:
            st.info("The kernel is larger than the image: it fits nowhere.", icon=":material/crop:")
        else:
            side = _side(results) * max(cropped.shape) // max(results.shape[1:])
            size = f"{cropped.shape[1]} × {cropped.shape[2]}"
            _row(cropped, "borders_cropped", [size], side, "signed", limit)
    _words(results, cropped)
    _code(picture, kernel, width)
    write_link(kernel.kernel)


def _choose_width(image: Tensor, kernel: Tensor) -> int:
    """Cells of border; at first as many as keep the size."""
    most = min(image.shape) - 1
    fitting = min(max(1, (max(kernel.shape) - 1) // 2), most)
    key = f"border_width_{most}_{fitting}"
    return int(
        st.number_input("Border, cells", 1, most, fitting, key=key, persist_state="session", width=120)
    )


def _cropped(image: Tensor, weights: Tensor) -> Tensor | None:
    """The result (1, h, w) without any border; None when the kernel does not fit into the image."""
    fits = all(side <= size for side, size in zip(weights.shape[2:], image.shape, strict=True))
    return correlate(image[None], weights) if fits else None


def _side(values: Tensor) -> int:
    """CSS px of a tile of (N, H, W), a whole number a cell, so that tiles of all shapes fit in a row."""
    cells = max(values.shape[1:])
    return max(1, TILE // cells) * cells


def _row(
    values: Tensor,
    key: str,
    names: list[str],
    tile: int,
    scale: MapScale,
    limit: float,
    inside: list[tuple[int, int, int, int, int]] | None = None,
) -> None:
    maps(
        values,
        key=key,
        label=f"{', '.join(names)}: {'images' if scale == 'digit' else 'results'}",
        captions=names,
        scale=scale,
        limit=limit,
        tile=tile,
        overlay=inside,
        numbers=True,
        selectable=False,
        legend=key == "borders_results",
    )


def _words(results: Tensor, cropped: Tensor | None) -> None:
    spread = results.amax(0) - results.amin(0)  # (H', W')
    touched = int((spread > SAME).sum())
    smaller = "" if cropped is None else f" Cropping invents nothing and keeps {cropped.numel()} cells."
    st.caption(
        f"{touched} of {spread.numel()} cells depend on what one invents beyond the edge: there the four "
        f"differ by up to {float(spread.max()):.4g}. All others are the same in all four.{smaller}  \n"
        "**What this does not show:** what it does to a network, where every layer invents a border."
    )


def _code(picture: Picture, kernel: Kernel, width: int) -> None:
    code_panel(
        beginning(picture)
        + kernel_lines(kernel.kernel)
        + f"for border in PADDING_MODES:\n    print(border, pad(image, {width}, border), sep='\\n')\n"
        + f"    sliding = WindowGeometry(padding={width}, border=border)\n"
        + "    print(correlate(image[None], kernel[None, None], None, sliding)[0])\n"
    )
