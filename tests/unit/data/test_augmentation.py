"""Augmented digits move as much as was asked, and the same seed gives the same digits."""

import pytest
import torch

from cnnviz.data.augmentation import Augmentation, augment
from cnnviz.errors import ConfigError


def block(count: int = 200) -> torch.Tensor:
    """A bright 8x8 block in the middle of 28x28."""
    images = torch.zeros(count, 1, 28, 28)
    images[:, :, 10:18, 10:18] = 1
    return images


def apply(config: Augmentation, seed: int = 0) -> torch.Tensor:
    return augment(block(), config, torch.Generator().manual_seed(seed))


def centers(images: torch.Tensor) -> torch.Tensor:
    """Centre of mass (N, 2), rows then columns."""
    mass = images.sum((1, 2, 3))
    rows = (images.sum((1, 3)) * torch.arange(28)).sum(1) / mass
    columns = (images.sum((1, 2)) * torch.arange(28)).sum(1) / mass
    return torch.stack([rows, columns], 1)


def test_nothing_asked_nothing_changed() -> None:
    assert not Augmentation()
    assert torch.allclose(apply(Augmentation()), block(), atol=1e-5)


def test_shift_is_within_its_limit_and_uses_it() -> None:
    moved = (centers(apply(Augmentation(shift=3))) - 13.5).abs()

    assert 2.7 < float(moved.max()) <= 3.01


def test_rotation_keeps_center_and_mass() -> None:
    turned = apply(Augmentation(rotate=30))

    assert torch.allclose(centers(turned), torch.tensor(13.5), atol=0.05)
    assert torch.allclose(turned.sum((1, 2, 3)), torch.tensor(64.0), rtol=0.03)
    assert not torch.allclose(turned, block(), atol=0.1)


def test_scale_changes_the_area_by_its_share() -> None:
    area = apply(Augmentation(scale=0.2)).sum((1, 2, 3)) / 64

    assert 1 / 1.2**2 - 0.02 <= float(area.min()) < 0.8
    assert 1.3 < float(area.max()) <= 1 / 0.8**2 + 0.02


def test_elastic_bends_but_hardly_moves() -> None:
    bent = apply(Augmentation(elastic=1.5))

    assert float((centers(bent) - 13.5).abs().max()) < 2
    assert float((bent - block()).abs().mean()) > 0.005


def test_images_differ_from_each_other_and_repeat_from_the_seed() -> None:
    config = Augmentation(2, 10, 0.1, 10, 1)

    assert torch.equal(apply(config), apply(config))
    assert not torch.equal(apply(config), apply(config, seed=1))
    assert not torch.equal(apply(config)[0], apply(config)[1])


@pytest.mark.parametrize(("share", "changed"), [(0.0, 0), (0.25, 50), (0.5, 100), (1.0, 200)])
def test_only_the_share_is_changed_the_others_stay_exactly_as_they_are(share: float, changed: int) -> None:
    same = (apply(Augmentation(shift=2, elastic=1, share=share)) == block()).flatten(1).all(1)

    assert not same[:changed].any()
    assert same[changed:].all()
    assert bool(Augmentation(shift=2, share=share)) == (share > 0)


@pytest.mark.parametrize("wrong", [{"shift": -1}, {"rotate": 90}, {"scale": float("nan")}, {"share": 1.5}])
def test_limits(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        Augmentation(**wrong)
