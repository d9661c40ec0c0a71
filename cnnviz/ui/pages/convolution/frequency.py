"""Slow and fast changes of an image, and which of them a kernel lets through."""

from typing import Any

import altair as alt
import streamlit as st
from torch import Tensor

from cnnviz.colors import ACCENT, MUTED
from cnnviz.labs.convolution.frequency import (
    FASTEST,
    GainCurve,
    Parts,
    amplitudes,
    gain,
    gain_by_frequency,
    split,
)
from cnnviz.labs.convolution.geometry import WindowGeometry
from cnnviz.labs.convolution.operations import correlate
from cnnviz.numbers import percent
from cnnviz.ui.components.maps.maps import MapScale, maps
from cnnviz.ui.pages.convolution.inputs import Picture, beginning, choose_image, kernel_lines
from cnnviz.ui.pages.convolution.kernel import Kernel, choose_kernel, write_link
from cnnviz.ui.state.query_params import Convolution
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.choice_controls import slider
from cnnviz.ui.widgets.code_panel import code_panel
from cnnviz.ui.widgets.pictures import theme

SIDE = 96
DECADES = 4.0  # of the spectra's logarithmic scale


def frequency() -> None:
    """An image in two parts, and a kernel seen as a filter of waves."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        picture = choose_image(Convolution.waves, SIDE)
        radius = slider("Slow means at most, cycles a pixel", Convolution.radius, step=0.01, width=320)
    parts = split(picture.image, radius)
    _parts(picture, parts)
    st.subheader("What a kernel lets through", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kernel = choose_kernel()
    _kernel(picture, kernel, parts)
    code_panel(
        beginning(picture)
        + f"parts = split(image, {radius})\n"
        + "print(parts.low, parts.high, parts.energy, amplitudes(image), sep='\\n')\n"
        + kernel_lines(kernel.kernel)
        + "print(gain(kernel), gain_by_frequency(kernel).mean, sep='\\n')  # |H(f)|\n"
    )
    write_link(kernel.kernel)


def _parts(picture: Picture, parts: Parts) -> None:
    """Image = slow part + fast part, each above its waves."""
    shown: tuple[tuple[str, str, Tensor, MapScale], ...] = (
        ("whole", "The image", picture.image, "digit"),
        ("low", "= its slow part", parts.low, "digit"),
        ("high", "+ its fast part", parts.high, "signed"),
    )
    strongest = float(amplitudes(picture.image).max())
    for column, (key, title, values, scale) in zip(st.columns(3, gap="medium"), shown, strict=True):
        with column:
            st.markdown(f"**{title}**")
            maps(
                values[None],
                key=f"waves_{key}",
                label=title,
                captions=[""],
                scale=scale,
                limit=picture.limit if scale == "digit" else None,
                tile=300,
                selectable=False,
                link="waves",
            )
            maps(
                _decades(values, strongest)[None],
                key=f"waves_spectrum_{key}",
                label=f"The waves of: {title}",
                captions=["its waves"],
                scale="activation",
                limit=DECADES,
                tile=300,
                selectable=False,
                legend=False,
                link="spectra",
            )
    largest = float((parts.low + parts.high - picture.image).abs().max())
    st.caption(
        f"Waves: the constant in the middle, faster ones further out; a step of 1 is a factor of 10. "
        f"{int(parts.mask.sum()):,} of {parts.mask.numel():,} are slow; they hold {percent(parts.energy)} of "
        f"the image's variation. The two parts add up to the image (largest error {largest:.1g})."
    )


def _decades(image: Tensor, strongest: float) -> Tensor:
    """Amplitudes (H, W) as powers of ten above the weakest shown, 0 to DECADES."""
    relative = amplitudes(image) / max(strongest, 1e-12)
    return (relative.clamp(min=1e-12).log10() + DECADES).clamp(0, DECADES)


def _kernel(picture: Picture, kernel: Kernel, parts: Parts) -> None:
    """|H(f)| as a picture and as a curve, and what the kernel makes of the image."""
    response, curve = gain(kernel.kernel), gain_by_frequency(kernel.kernel)
    waves = {"whole": picture.image, "low": parts.low - picture.image.mean(), "high": parts.high}
    passed = {name: _filtered(values, kernel.kernel) for name, values in waves.items()}
    first, second, third = st.columns([1, 1.5, 1.2], gap="medium")
    with first:
        st.markdown("**|H(f)|**, its factor for each wave")
        maps(
            response[None],
            key="waves_response",
            label="The kernel's frequency response",
            captions=[""],
            scale="activation",
            tile=230,
            selectable=False,
        )
    with second:
        st.markdown("**From slow to fast**: mean, least and most")
        _curve(curve)
    with third:
        st.markdown("**The image behind it**")
        signed = float(passed["whole"].min()) < -1e-9
        maps(
            passed["whole"][None],
            key="waves_filtered",
            label="The image after the kernel",
            captions=[""],
            scale="signed" if signed else "digit",
            limit=None if signed else max(picture.limit, float(passed["whole"].max())),
            tile=260,
            selectable=False,
            link="waves",
        )
    st.caption(_verdict(kernel, curve, waves, passed))


def _filtered(image: Tensor, kernel: Tensor) -> Tensor:
    """(H, W) -> (H, W): correlated, going round at the edges, as the Fourier transform sees it."""
    padding = min(max(kernel.shape) // 2, *image.shape)
    result = correlate(
        image[None], kernel[None, None], None, WindowGeometry(padding=padding, border="circular")
    )[0]
    return result[: image.shape[0], : image.shape[1]]  # a kernel of even size gives one more


def _verdict(kernel: Kernel, curve: GainCurve, waves: dict[str, Tensor], passed: dict[str, Tensor]) -> str:
    slow, fast = float(curve.mean[0]), float(curve.mean[curve.frequency >= 0.5].mean())
    gains = {
        name: float(passed[name].norm() / waves[name].norm().clamp(min=1e-12)) for name in ("low", "high")
    }
    return (
        f"{kernel.label} is {_kind(slow, fast, float(curve.mean.max()))}. It multiplies the constant by "
        f"{slow:.3g} (the sum of its weights, without the sign) and waves beyond half a cycle a pixel by "
        f"{fast:.3g} on average. Here the strength of the image's slow part is multiplied by "
        f"{gains['low']:.3g} and that of its fast part by {gains['high']:.3g}.  \n**What this does not "
        "show:** by how much each wave is shifted (the phase), without which an edge kernel could not tell "
        "left from right."
    )


def _kind(slow: float, fast: float, most: float) -> str:
    """What a kernel is called, by which ends of its curve keep at least half of the largest gain."""
    keeps_slow, keeps_fast = 2 * slow >= most, 2 * fast >= most
    if keeps_slow and keeps_fast:
        return "neither a low-pass nor a high-pass: slow and fast waves get through alike"
    if keeps_slow:
        return "a **low-pass**: slow waves get through, fast ones hardly"
    if keeps_fast:
        return "a **high-pass**: fast waves count far more than slow ones"
    return "a **band-pass**: waves in between get through best"


def _curve(curve: GainCurve) -> None:
    rows = {
        "frequency": curve.frequency.tolist(),
        "mean": curve.mean.tolist(),
        "least": curve.least.tolist(),
        "most": curve.most.tolist(),
    }
    draw(rows, _curve_spec(), "gain_curve", "Gain of the kernel from slow to fast waves")


@specification
def _curve_spec() -> Any:
    axis = alt.Axis(grid=False, tickCount=5)
    x = alt.X("frequency:Q", title="cycles a pixel", scale=alt.Scale(domain=[0, FASTEST]), axis=axis)
    least, mean = (
        alt.Y(f"{name}:Q", title=None, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=4))
        for name in ("least", "mean")
    )
    hint = [alt.Tooltip(f"{name}:Q", format=".3f") for name in ("frequency", "mean", "least", "most")]
    band = alt.Chart().mark_area(opacity=0.25, color=MUTED[theme()]).encode(x, least, y2="most")
    line = alt.Chart().mark_line(strokeWidth=2.5, color=ACCENT[theme()]).encode(x, mean, tooltip=hint)
    return alt.layer(band, line, height=230)
