"""Synthetic drawings that are no digits, prepared as drawings are."""

import torch

from cnnviz.data.non_digits import KINDS, non_digits
from cnnviz.evaluation.ood import load_references


def test_every_kind_is_drawn_and_prepared() -> None:
    drawings = non_digits(6, 1)

    assert tuple(drawings) == KINDS
    for pictures in drawings.values():
        assert pictures.shape == (6, 28, 28)
        assert pictures.amax((1, 2)).min() > 0.9
        assert 0 < pictures.mean() < 0.4
        assert len(torch.unique(pictures, dim=0)) == 6


def test_drawings_repeat_with_the_seed() -> None:
    assert torch.equal(non_digits(3, 1)["letters"], non_digits.__wrapped__(3, 1)["letters"])
    assert not torch.equal(non_digits(3, 1)["letters"], non_digits(3, 2)["letters"])


def test_the_asset_holds_them_as_painted_today() -> None:
    """The first of each kind, so that a change here is not forgotten there."""
    others = load_references().others.float() / 255
    each = len(others) // len(KINDS)

    for at, kind in enumerate(KINDS):
        first = non_digits(1, 0)[kind][0]
        assert float((others[at * each] - first).abs().max()) < 0.01
