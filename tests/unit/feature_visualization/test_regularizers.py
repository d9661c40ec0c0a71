import numpy as np
import pytest
import torch

from cnnviz.feature_visualization.regularizers import L1, L2, Blur, Regularizer, TotalVariation


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(3, 2, 7, 9, generator=torch.Generator().manual_seed(0))


def test_l1_and_l2_are_means_over_the_pixels(images: torch.Tensor) -> None:
    array = images.numpy()

    np.testing.assert_allclose(
        L1(2.0, towards=0.3)(images), 2 * np.abs(array - 0.3).mean((1, 2, 3)), rtol=1e-5
    )
    np.testing.assert_allclose(L2(0.5)(images), 0.5 * (array**2).mean((1, 2, 3)), rtol=1e-5)


def test_total_variation(images: torch.Tensor) -> None:
    array = images.numpy()
    across = np.abs(array[..., 1:] - array[..., :-1]).mean((1, 2, 3))
    down = np.abs(array[..., 1:, :] - array[..., :-1, :]).mean((1, 2, 3))

    np.testing.assert_allclose(TotalVariation(3.0)(images), 3 * (across + down), rtol=1e-5)


def test_blur_charges_specks_and_its_gradient_moves_towards_the_blurred_picture() -> None:
    speck = torch.zeros(1, 1, 9, 9)
    speck[0, 0, 4, 4] = 1
    even = torch.full((1, 1, 9, 9), 0.5)
    assert float(Blur(1.0)(even)) == pytest.approx(0, abs=1e-10)
    assert float(Blur(1.0)(speck)) > 0

    leaf = speck.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(Blur(1.0)(leaf).sum(), leaf)
    blurred = speck - 81 * gradient  # the mean over 81 pixels, undone

    assert float(blurred.sum()) == pytest.approx(1, abs=1e-4)  # blurring moves ink, it makes none
    assert 0 < float(blurred[0, 0, 4, 4]) < 0.5
    assert torch.allclose(blurred, blurred.flip(2), atol=1e-6)
    assert torch.allclose(blurred, blurred.transpose(2, 3), atol=1e-6)


@pytest.mark.parametrize(
    "penalty", [L1(0.5), L2(0.5), TotalVariation(0.5), Blur(0.5)], ids=lambda each: type(each).__name__
)
def test_each_picture_is_charged_for_itself(penalty: Regularizer, images: torch.Tensor) -> None:
    together = penalty(images)

    assert together.shape == (3,)
    torch.testing.assert_close(together, torch.cat([penalty(image[None]) for image in images]))
