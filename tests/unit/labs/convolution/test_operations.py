"""Our convolution, borders and pooling against torch.nn.functional, over random everything."""

import random

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.errors import ShapeError
from cnnviz.labs.convolution.geometry import PADDING_MODES, PaddingMode, pad, size_formula, sources
from cnnviz.labs.convolution.kernels import CLASSIC, EXAMPLES
from cnnviz.labs.convolution.operations import (
    WindowGeometry,
    convolve,
    correlate,
    flipped,
    partial_sums,
    terms,
)

CLOSE = {"rtol": 0.0, "atol": 1e-6}
ROUNDS = 300


def torch_pad(image: Tensor, padding: int, border: PaddingMode) -> Tensor:
    mode = {"zero": "constant"}.get(border, border)
    return F.pad(image[None], (padding,) * 4, mode=mode)[0] if padding else image


def normal(source: random.Random, *shape: int) -> Tensor:
    return torch.randn(
        *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(source.getrandbits(32))
    )


def case(source: random.Random) -> tuple[Tensor, Tensor, Tensor, WindowGeometry]:
    """Image, filters, bias, sliding; the kernel may well be too large."""
    height, width = source.randint(1, 12), source.randint(1, 12)
    channels, filters = source.randint(1, 4), source.randint(1, 4)
    border = source.choice(PADDING_MODES)
    limit = {"reflect": min(height, width) - 1, "circular": min(height, width)}.get(border, 6)
    geometry = WindowGeometry(
        source.randint(1, 4), source.randint(0, min(limit, 6)), source.randint(1, 3), border
    )
    kernels = normal(source, filters, channels, source.randint(1, 7), source.randint(1, 7))
    return normal(source, channels, height, width), kernels, normal(source, filters), geometry


def test_correlation_is_pytorchs_convolution_whatever_the_setting() -> None:
    source, compared, refused, seen = random.Random(0), 0, 0, set()
    for _ in range(ROUNDS):
        image, kernels, bias, geometry = case(source)
        padded = torch_pad(image, geometry.padding, geometry.border)
        reach = [geometry.reach(side) for side in kernels.shape[2:]]
        if any(r > side for r, side in zip(reach, padded.shape[1:], strict=True)):
            with pytest.raises(ShapeError, match="larger than the"):
                correlate(image, kernels, bias, geometry)
            refused += 1
            continue
        expected = F.conv2d(padded, kernels, bias, geometry.stride, 0, geometry.dilation)
        torch.testing.assert_close(correlate(image, kernels, bias, geometry), expected, **CLOSE)
        compared += 1
        seen.add((geometry.border, geometry.stride, geometry.dilation))
    assert compared > 150
    assert refused > 20
    assert len(seen) > 40  # of 4 borders x 4 strides x 3 dilations


@pytest.mark.parametrize("border", PADDING_MODES)
def test_a_layer_of_pytorch_with_this_padding_mode_agrees(border: PaddingMode) -> None:
    mode = {"zero": "zeros"}.get(border, border)
    layer = nn.Conv2d(3, 5, 3, stride=2, padding=2, dilation=2, padding_mode=mode, dtype=torch.float64)
    image = normal(random.Random(1), 3, 9, 8)
    ours = correlate(image, layer.weight.detach(), layer.bias.detach(), WindowGeometry(2, 2, 2, border))
    torch.testing.assert_close(ours, layer(image).detach(), **CLOSE)


def test_padding_is_pytorchs() -> None:
    source = random.Random(2)
    for _ in range(ROUNDS):
        height, width, border = source.randint(1, 9), source.randint(1, 9), source.choice(PADDING_MODES)
        padding = source.randint(0, 10)
        image = normal(source, 2, height, width)
        least = min(height, width)
        if (border == "reflect" and padding >= least) or (border == "circular" and padding > least):
            with pytest.raises(ShapeError, match="choose a padding of at most"):
                pad(image, padding, border)
        else:
            torch.testing.assert_close(
                pad(image, padding, border), torch_pad(image, padding, border), rtol=0, atol=0
            )


def test_the_sources_of_padded_cells() -> None:
    assert sources(4, 2, "zero").tolist() == [-1, -1, 0, 1, 2, 3, -1, -1]
    assert sources(4, 2, "replicate").tolist() == [0, 0, 0, 1, 2, 3, 3, 3]
    assert sources(4, 2, "reflect").tolist() == [2, 1, 0, 1, 2, 3, 2, 1]
    assert sources(4, 2, "circular").tolist() == [2, 3, 0, 1, 2, 3, 0, 1]


def test_convolution_turns_the_kernel_and_so_agrees_with_the_convolution_theorem() -> None:
    image, kernel = normal(random.Random(3), 1, 8, 8), normal(random.Random(4), 1, 1, 3, 3)
    around = convolve(image, kernel, None, WindowGeometry(padding=1, border="circular"))[0]
    placed = torch.zeros(8, 8, dtype=torch.float64)
    placed[:3, :3] = kernel[0, 0]
    product = torch.fft.ifft2(torch.fft.fft2(image[0]) * torch.fft.fft2(placed)).real
    torch.testing.assert_close(around, product.roll((-1, -1), (0, 1)), **CLOSE)
    assert torch.equal(flipped(kernel), torch.rot90(kernel, 2, (2, 3)))


def test_terms_add_up_to_the_cell_and_partial_sums_to_the_map() -> None:
    source, compared = random.Random(5), 0
    while compared < 60:
        image, kernels, bias, geometry = case(source)
        try:
            maps = correlate(image, kernels, bias, geometry)
        except ShapeError:
            continue
        row, column = source.randrange(maps.shape[1]), source.randrange(maps.shape[2])
        found = terms(image, kernels[0], row, column, geometry)
        assert len(found) == kernels[0].numel()
        assert sum(term.product for term in found) + float(bias[0]) == pytest.approx(
            float(maps[0, row, column]), abs=1e-9
        )
        for term in found:
            inside = term.row is not None and term.column is not None
            assert term.value == (float(image[term.channel, term.row, term.column]) if inside else 0)
        torch.testing.assert_close(
            partial_sums(image, kernels[0], geometry).sum(0) + bias[0], maps[0], **CLOSE
        )
        compared += 1


# ---- the documents' figures ----


def test_the_edge_image_under_the_documents_sobel_filter() -> None:
    edge = EXAMPLES["edge"].image[None]
    kernel = CLASSIC["sobel_left"].kernel[None, None]
    row = [0.0, -360.0, -360.0, 0.0]  # negative from dark to light, although the lesson promises "high"
    assert correlate(edge, kernel)[0].tolist() == [row] * 4
    assert convolve(edge, kernel)[0].tolist() == [[-value + 0.0 for value in row]] * 4


def test_the_three_by_three_image_under_the_two_by_two_filter() -> None:
    image, kernel = EXAMPLES["tiny"].image[None], CLASSIC["column"].kernel[None, None]
    assert correlate(image, kernel)[0].tolist() == [[9, 6], [11, 5]]


def test_padding_one_keeps_28_and_none_leaves_26() -> None:
    assert WindowGeometry(padding=1).output_size(28, 3) == 28
    assert WindowGeometry().output_size(28, 3) == 26


# ---- sizes ----


def test_output_sizes_are_pytorchs() -> None:
    source = random.Random(6)
    for _ in range(ROUNDS):
        size, kernel = source.randint(1, 40), source.randint(1, 7)
        geometry = WindowGeometry(source.randint(1, 5), source.randint(0, 6), source.randint(1, 4))
        line, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel)
        try:
            expected = F.conv1d(
                line, weight, None, geometry.stride, geometry.padding, geometry.dilation
            ).shape[-1]
        except RuntimeError:
            with pytest.raises(ShapeError):
                geometry.output_size(size, kernel)
            assert size_formula(size, kernel, geometry).endswith("no place}")
            continue
        assert geometry.output_size(size, kernel) == expected
        assert size_formula(size, kernel, geometry).endswith(f"= {expected}")
        used = geometry.stride * (expected - 1) + geometry.reach(kernel)
        assert geometry.left_over(size, kernel) == size + 2 * geometry.padding - used


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (WindowGeometry(stride=0), "stay on its first place"),
        (WindowGeometry(stride=-1), "at least 1"),
        (WindowGeometry(dilation=0), "dilation must be at least 1"),
        (WindowGeometry(padding=-1), "0 to 64 cells, not -1"),
        (WindowGeometry(padding=65), "0 to 64 cells"),
        (WindowGeometry(padding=6, border="reflect"), "at most 5"),
        (WindowGeometry(padding=7, border="circular"), "at most 6"),
        (WindowGeometry(border="mirror"), "no border called 'mirror'"),  # type: ignore[arg-type]
    ],
)
def test_illegal_choices_say_why_and_what_instead(geometry: WindowGeometry, words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        correlate(EXAMPLES["edge"].image[None], CLASSIC["identity"].kernel[None, None], None, geometry)


@pytest.mark.parametrize(("size", "kernel", "dilation"), [(6, 7, 1), (3, 7, 1), (6, 3, 3), (6, 4, 2)])
def test_the_padding_advised_for_a_large_kernel_is_the_least_that_helps(
    size: int, kernel: int, dilation: int
) -> None:
    with pytest.raises(ShapeError) as raised:
        WindowGeometry(dilation=dilation).output_size(size, kernel)
    advised = int(str(raised.value).rsplit("at least ")[1].rstrip("."))
    assert WindowGeometry(padding=advised, dilation=dilation).output_size(size, kernel) >= 1
    with pytest.raises(ShapeError):
        WindowGeometry(padding=advised - 1, dilation=dilation).output_size(size, kernel)


def test_channels_must_agree() -> None:
    with pytest.raises(ShapeError, match="3 channels and the filter 1"):
        correlate(torch.zeros(3, 5, 5), torch.zeros(2, 1, 3, 3))
    with pytest.raises(ShapeError, match=r"\(C, H, W\)"):
        correlate(torch.zeros(5, 5), torch.zeros(2, 1, 3, 3))
