"""Filters for color: one slice a channel, and what they see."""

import torch
import torch.nn.functional as F

from cnnviz.io.photos import load_photo
from cnnviz.labs.convolution.kernels import BRIGHTNESS, COLOR_KERNELS, gray
from cnnviz.labs.convolution.operations import correlate, partial_sums


def flat(red: float, green: float, blue: float) -> torch.Tensor:
    return torch.tensor([red, green, blue], dtype=torch.float64)[:, None, None].expand(3, 5, 5)


def response(name: str, picture: torch.Tensor) -> torch.Tensor:
    return correlate(picture, COLOR_KERNELS[name].kernel[None])[0]


def test_filters_see_the_colors_they_are_named_after() -> None:
    assert response("red_green", flat(1, 0, 0)).min() > 0.9
    assert response("red_green", flat(0, 1, 0)).max() < -0.9
    assert response("red_green", flat(0.5, 0.5, 1)).abs().max() < 1e-9
    assert response("blue_yellow", flat(0, 0, 1)).min() > 0.9
    assert response("blue_yellow", flat(1, 1, 0)).max() < -0.9
    assert response("edges", flat(0.2, 0.9, 0.4)).abs().max() < 1e-9


def test_a_red_green_edge_of_equal_brightness_is_seen_by_color_alone() -> None:
    picture = flat(1, 0, 0).clone()
    picture[:, :, 3:] = torch.tensor([0, BRIGHTNESS[0] / BRIGHTNESS[1], 0], dtype=torch.float64)[
        :, None, None
    ]
    in_gray = correlate(gray(picture)[None], COLOR_KERNELS["edges"].kernel[None, :1])
    assert in_gray.abs().max() < 1e-9
    assert response("colour_edge", picture).abs().max() > 1


def test_partial_maps_add_up_and_filters_stack_as_in_pytorch() -> None:
    photo = load_photo("brushes", 40).double()
    filters = torch.stack([entry.kernel for entry in COLOR_KERNELS.values()])
    stack = correlate(photo, filters)
    torch.testing.assert_close(stack, F.conv2d(photo[None], filters)[0], rtol=0, atol=1e-6)
    for kernel, single in zip(filters, stack, strict=True):
        parts = partial_sums(photo, kernel)
        assert parts.shape[0] == 3
        torch.testing.assert_close(parts.sum(0), single)
    torch.testing.assert_close(gray(photo)[1:-1, 1:-1], response("brightness", photo))
