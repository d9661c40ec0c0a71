"""Three ways to connect, against torch.nn and a convolution."""

import pytest
import torch
import torch.nn.functional as F

from cnnviz.errors import ConfigError
from cnnviz.labs.architectures.weight_sharing import count_weights, matrices


def test_the_documents_first_layer() -> None:
    assert count_weights(28, 128, 32, 3)["dense"].weights == 100_352


@pytest.mark.parametrize(
    ("side", "units", "filters", "kernel", "depth"), [(28, 128, 32, 3, 1), (12, 7, 5, 4, 3)]
)
def test_counts_are_those_of_the_modules(
    side: int, units: int, filters: int, kernel: int, depth: int
) -> None:
    found = count_weights(side, units, filters, kernel, depth)
    dense, shared = torch.nn.Linear(side * side * depth, units), torch.nn.Conv2d(depth, filters, kernel)
    windows = F.unfold(torch.zeros(1, depth, side, side), kernel)[0]  # (depth * kernel², places)

    assert found["dense"].parameters == sum(value.numel() for value in dense.parameters())
    assert found["shared"].parameters == sum(value.numel() for value in shared.parameters())
    assert found["local"].weights == windows.numel() * filters
    assert found["local"].outputs == found["shared"].outputs == windows.shape[1] * filters


def test_the_shared_matrix_is_a_convolution() -> None:
    found = matrices(8, 3, seed=4)
    shared = found["shared"]
    kernel = shared[0].view(8, 8)[:3, :3]
    image = torch.randn(8, 8, generator=torch.Generator().manual_seed(1))
    expected = F.conv2d(image[None, None], kernel[None, None]).flatten()

    torch.testing.assert_close(shared @ image.flatten(), expected)
    assert torch.equal(shared != 0, found["local"] != 0)
    assert len(shared.unique()) == 9 + 1
    assert len(found["local"].unique()) == 9 * 36 + 1
    assert (found["dense"] != 0).all()


@pytest.mark.parametrize(("side", "kernel"), [(5, 6), (5, 0)])
def test_a_window_that_does_not_fit_is_said(side: int, kernel: int) -> None:
    with pytest.raises(ConfigError, match="does not fit"):
        matrices(side, kernel)
    with pytest.raises(ConfigError, match="from 1"):
        count_weights(5, 0, 1, 3)
