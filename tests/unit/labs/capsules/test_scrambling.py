"""The scrambled-parts test: pixels only move, and claims are counted as by hand."""

import pytest
import torch

from cnnviz.errors import ImageError
from cnnviz.labs.capsules.scrambling import ORDERS, scramble, scramble_each, still_claimed


def test_quarters_move_whole() -> None:
    image = torch.arange(16.0).view(4, 4)
    moved = scramble(image, (3, 2, 1, 0))

    assert moved.tolist() == [[10, 11, 8, 9], [14, 15, 12, 13], [2, 3, 0, 1], [6, 7, 4, 5]]
    assert torch.equal(scramble(image, (0, 1, 2, 3)), image)


def test_nine_orders_leave_no_quarter_in_place() -> None:
    assert len(set(ORDERS)) == 9
    quarters = torch.tensor([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]])
    for order in ORDERS:
        assert not (scramble(quarters, order) == quarters).any()


def test_claims_are_counted() -> None:
    """A reader that sees digit 1 where the top left pixel is bright, with that confidence."""

    def confidence(images: torch.Tensor) -> torch.Tensor:
        rows = torch.zeros(len(images), 10)
        rows[:, 1] = images[:, 0, 0]
        return rows

    images = torch.zeros(3, 2, 2)
    images[0, 0, 0] = 0.9  # claimed, and lost when moved
    images[1] = 0.8  # claimed wherever its parts lie
    images[2, 0, 0] = 0.4  # never claimed
    claims = still_claimed(confidence, images)

    assert (claims.n, claims.whole, claims.scrambled) == (3, 2, 1)
    assert claims.share == 0.5


def test_every_image_has_its_turn_of_the_orders() -> None:
    images = torch.rand(12, 28, 28)
    moved = scramble_each(images)

    assert torch.equal(moved[10], scramble(images[10], ORDERS[1]))
    assert torch.equal(moved.flatten(1).sort(1).values, images.flatten(1).sort(1).values)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 0, 1, 2), (1, 2, 3, 4)])
def test_impossible_orders_are_refused(order: tuple[int, ...]) -> None:
    with pytest.raises(ImageError):
        scramble(torch.zeros(4, 4), order)


def test_odd_sides_are_refused() -> None:
    with pytest.raises(ImageError):
        scramble(torch.zeros(5, 4), (1, 0, 3, 2))
