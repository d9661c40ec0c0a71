"""The first view of the convolution page: one kernel sliding over one image, and the size of the result."""

from dataclasses import replace

import streamlit as st
from torch import Tensor

from cnnviz.errors import ShapeError
from cnnviz.labs.convolution.geometry import WindowGeometry, check_padding, size_formula
from cnnviz.labs.convolution.operations import convolve, correlate
from cnnviz.numbers import number
from cnnviz.ui.components.sliding_window.sliding_window import SlidingContent, sliding_picture
from cnnviz.ui.pages.convolution.inputs import Picture, choose_geometry, choose_image, slide_program
from cnnviz.ui.pages.convolution.kernel import Kernel, choose_kernel, forget_typed, take_typed, write_link
from cnnviz.ui.state.query_params import Convolution
from cnnviz.ui.widgets.code_panel import code_panel

Choices = dict[str, str | float]  # values of the controls, by key

PICTURE = "convolution_picture"
_OURS = ("image", "kernel", "stride", "padding", "dilation", "border", "bias")
BEGINNING: Choices = {name: getattr(Convolution, name).first for name in _OURS}
EXPERIMENTS: dict[str, Choices] = {
    "Dark to light": {},
    "A 2 × 2 filter": {"image": "tiny", "kernel": "column"},
    "Padding": {"image": "nine", "kernel": "identity", "padding": 1},
    "Outline the digit": {"image": "digit", "kernel": "high_pass"},
    "Sharpen the cat": {"image": "cat", "kernel": "sharpen"},
    "Stride 0": {"stride": 0},
}
_SIZE = (
    r"$\left\lfloor \frac{W + 2P - D\,(F - 1) - 1}{S} \right\rfloor + 1$ for an image of $W$ cells, a kernel "
    "of $F$ weights, padding $P$, dilation $D$ and stride $S$; what is left over is dropped."
)


def slide() -> None:
    """Image, kernel and result; stride, padding, dilation and border; the output size worked out."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        picture, kernel = choose_image(), choose_kernel()
    place = st.container()
    geometry, bias = choose_geometry()
    with place:
        total = _show(picture, kernel, geometry, bias)
    _sizes(picture, kernel, geometry)
    if total is not None:
        _notes(picture, kernel, geometry, total)
    _try_this()
    code_panel(slide_program(picture, kernel.kernel, geometry, bias))
    write_link(kernel.kernel)


def _show(picture: Picture, kernel: Kernel, geometry: WindowGeometry, bias: float) -> Tensor | None:
    """The picture, and why something is wrong; returns the result (H', W'), None when there is none."""
    image, weights = picture.image[None], kernel.kernel[None]  # (1, H, W), (1, h, w)
    content = SlidingContent(
        label=f"{kernel.label} over {picture.label}",
        rule="sum",
        image=image,
        window=(weights.shape[1], weights.shape[2]),
        geometry=geometry,
        names=["Image"],
        kernel=weights,
        bias=bias,
        typed=kernel.typed,
        editable=True,
        limit=picture.limit,
    )
    total = None
    problem = kernel.problem
    try:
        sums = correlate(image, weights[None], None, geometry)  # (1, H', W')
        total = sums[0] + bias
        content = replace(content, partial=sums, total=total)
    except ShapeError as error:
        problem = problem or str(error)
        content = replace(content, geometry=drawable(picture.image, geometry))
    sliding_picture(content, key=PICTURE, on_edit=lambda: take_typed(PICTURE, kernel.kernel))
    if problem:
        st.error(problem, icon=":material/error:")
    return total


def drawable(image: Tensor, geometry: WindowGeometry) -> WindowGeometry:
    """The same border where the image (H, W) can have it, for a picture without a result."""
    try:
        for size in image.shape:
            check_padding(size, geometry.padding, geometry.border)
    except ShapeError:
        return WindowGeometry()
    return WindowGeometry(padding=geometry.padding, border=geometry.border)


def _try_this() -> None:
    """Starting points: each sets image, kernel and how it slides."""
    with st.container(horizontal=True, vertical_alignment="center", key="try_this"):
        st.markdown("**Try this:**", width="content")
        for label, choices in EXPERIMENTS.items():
            st.button(label, on_click=_set, args=(choices,), type="tertiary", key=f"try {label}")


def _set(choices: Choices) -> None:
    st.session_state.update(BEGINNING | choices)
    forget_typed()


def _sizes(picture: Picture, kernel: Kernel, geometry: WindowGeometry) -> None:
    """How large the result is, per axis, with the live numbers."""
    axes = dict(
        zip(("rows", "columns"), zip(picture.image.shape, kernel.kernel.shape, strict=True), strict=True)
    )
    formulas = {name: size_formula(size, side, geometry) for name, (size, side) in axes.items()}
    if len(set(formulas.values())) == 1:
        formulas = {"rows and columns": formulas["rows"]}
    st.markdown("**How large is the result?** " + _SIZE)
    with st.container(horizontal=True, gap="large"):
        for name, formula in formulas.items():
            st.markdown(f"{name.capitalize()}: ${formula}$", width="content")
    try:
        lost = {name: geometry.left_over(size, side) for name, (size, side) in axes.items()}
    except ShapeError:
        return
    told = [f"{count} {name if count > 1 else name[:-1]}" for name, count in lost.items() if count]
    if told:
        st.caption(f"The stride does not come out even: {' and '.join(told)} at the end belong to no window.")


def _notes(picture: Picture, kernel: Kernel, geometry: WindowGeometry, total: Tensor) -> None:
    weights = float(kernel.kernel.sum())
    flat = (
        "The weights sum to 0, so flat ground gives 0: only differences are left."
        if abs(weights) < 1e-9
        else f"The weights sum to {number(weights, '.4g')}: that is what flat ground is multiplied by."
    )
    st.caption(
        f"{kernel.label}: {kernel.use}. {flat}  \n**What this does not show:** what a kernel is good for; "
        "a network learns its kernels from what its answers get wrong."
    )
    if picture.name == "edge":
        _edge_note(picture.image, kernel, geometry, total)


def _edge_note(image: Tensor, kernel: Kernel, geometry: WindowGeometry, total: Tensor) -> None:
    """The lesson this example comes from expects a high value; measured here, both ways."""
    turned = convolve(image[None], kernel.kernel[None, None], None, geometry)[0]
    strongest = [float(values.flatten()[values.abs().argmax()]) for values in (total, turned)]
    here, there = (number(value, "+.6g") for value in strongest)
    st.info(
        f"From left to right this image goes from dark ({image[0, 0]:g}) to light ({image[0, -1]:g}). The "
        f"strongest value of the result is **{here}**; with the kernel turned by half first, as mathematics "
        f"convolves, it is **{there}**. The lesson that this example comes from promises a high value for "
        "dark to light under the kernel “left minus right”: that holds only when it is turned.",
        icon=":material/straighten:",
    )
