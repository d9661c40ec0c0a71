"""Cross-correlation against true convolution: the same kernel, as it is and turned by half."""

import streamlit as st
import torch
from torch import Tensor

from cnnviz.labs.convolution.operations import convolve, correlate, flipped
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.convolution.inputs import beginning, choose_image, kernel_lines
from cnnviz.ui.pages.convolution.kernel import choose_kernel, write_link
from cnnviz.ui.widgets.code_panel import code_panel


def flip() -> None:
    """Both kernels, both results, and their difference."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        picture, kernel = choose_image(), choose_kernel()
    image, weights = picture.image[None], kernel.kernel[None, None]
    turned = flipped(kernel.kernel)
    as_it_is, mathematical = correlate(image, weights), convolve(image, weights)  # (1, H', W') each
    difference = as_it_is - mathematical
    undone = convolve(image, turned[None, None]) - as_it_is
    pair = torch.stack([kernel.kernel, turned])

    left, right = st.columns([1, 3.6], gap="large")
    with left:
        st.markdown("**The kernel**")
        maps(
            pair,
            key="flip_kernels",
            label="The kernel as it is and turned by half",
            captions=["as it is", "turned by half"],
            tile=150,
            numbers=True,
            selectable=False,
        )
    with right:
        st.markdown("**What comes out**")
        maps(
            torch.cat([as_it_is, mathematical, difference]),
            key="flip_results",
            label="Cross-correlation, true convolution, and their difference",
            captions=["cross-correlation", "true convolution", "difference"],
            tile=196,
            numbers=True,
            selectable=False,
        )
    st.caption(_words(pair, difference, undone))
    code_panel(
        beginning(picture)
        + kernel_lines(kernel.kernel)
        + "as_it_is = correlate(image[None], kernel[None, None])[0]\n"
        + "mathematical = convolve(image[None], kernel[None, None])[0]\n"
        + "print(flipped(kernel), as_it_is, mathematical, as_it_is - mathematical, sep='\\n')\n"
    )
    write_link(kernel.kernel)


def _words(pair: Tensor, difference: Tensor, undone: Tensor) -> str:
    """pair: both kernels (2, h, w); the others are differences of maps (1, H', W')."""
    unlike = float((pair[0] - pair[1]).abs().max())
    same = "The kernel looks the same after half a turn, so nothing changes."
    if unlike:
        same = (
            f"The kernel and itself turned by half differ by up to {unlike:.4g}, "
            f"the results by up to {float(difference.abs().max()):.4g}."
        )
    return (
        f"{same} What deep learning calls convolution is cross-correlation: the kernel is laid on as it is. "
        "Nothing is lost: true convolution with the turned kernel gives the very same map (largest "
        f"difference here: {float(undone.abs().max()):.2g}), so a network can learn either.  \n"
        "**What this does not show:** why mathematics turns the kernel: so that the order of two "
        "convolutions does not matter."
    )
