"""What single units want to see."""

import torch

from cnnviz.feature_visualization.imagenet_units import ColorFourier, unit_pictures
from cnnviz.networks.imagenet import load_imagenet


def test_start_is_almost_gray_and_each_seed_its_own() -> None:
    values, decode = ColorFourier().begin([0, 1, 0], (3, 40, 32))
    images = decode(values)
    assert images.shape == (3, 3, 40, 32)
    assert float((images - 0.5).abs().max()) < 0.2
    assert torch.equal(images[0], images[2])
    assert not torch.equal(images[0], images[1])


def test_brightness_varies_more_than_color() -> None:
    values, decode = ColorFourier().begin(range(20), (3, 32, 32))
    images = decode(values) - 0.5
    brightness = images.mean(1).std()
    assert brightness > 2 * (images - images.mean(1, keepdim=True)).std()


def test_units_rise_and_do_not_mix() -> None:
    both = list(unit_pictures(load_imagenet(), "block4", [3, 7], side=48, steps=8))
    alone = list(unit_pictures(load_imagenet(), "block4", [7], side=48, steps=8))
    assert (both[-1].values > both[0].values).all()
    assert both[-1].images.shape == (2, 3, 48, 48)
    torch.testing.assert_close(both[-1].images[1], alone[-1].images[0], atol=1e-3, rtol=0)
