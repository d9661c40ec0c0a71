"""Another hand's version of a digit is a different one, of the same digit, and repeats with its seed."""

import numpy as np
import pytest

from cnnviz.data.pen_augmentation import Points, add_style, augment_strokes
from cnnviz.data.pen_digits import load_pen_digits

ANGLES = np.linspace(0, 2 * np.pi, 60)
ZERO = np.stack([500 + 300 * np.sin(ANGLES), 500 - 500 * np.cos(ANGLES)], 1)
ONE = np.stack([np.linspace(520, 480, 30), np.linspace(0, 1000, 30)], 1)
SEVEN = np.concatenate([np.linspace((200, 0), (800, 0), 20), np.linspace((800, 0), (400, 1000), 30)])
NINE = np.concatenate([ZERO * 0.5, np.linspace((500, 250), (480, 1000), 20)])


def styles(digit: Points, label: int, count: int = 300) -> list[list[Points]]:
    """The versions that were given a habit."""
    generator = np.random.default_rng(0)
    versions = [add_style([digit], label, generator) for _ in range(count)]
    return [version for version in versions if len(version) > 1 or len(version[0]) != len(digit)]


@pytest.mark.parametrize(
    ("digit", "label", "most", "share"),
    [(ZERO, 0, 2, 0.65), (ONE, 1, 3, 0.8), (SEVEN, 7, 2, 0.5), (NINE, 9, 1, 0.25)],
)
def test_many_plain_digits_get_a_habit(digit: Points, label: int, most: int, share: float) -> None:
    found = styles(digit, label)

    assert len(found) / 300 == pytest.approx(share, abs=0.1)
    assert max(len(version) for version in found) == most


def test_digits_without_habits_and_digits_of_several_strokes_are_left_alone() -> None:
    generator = np.random.default_rng(0)

    assert styles(NINE, 6) == []
    assert all(len(add_style([ZERO, ONE], 0, generator)) == 2 for _ in range(50))


def test_a_slash_goes_through_the_middle_of_the_zero() -> None:
    for version in styles(ZERO, 0):
        slash = version[-1][-12:]
        distance = np.abs(np.hypot(*(slash - 500).T)).min()
        assert distance < 300  # of a loop 600 wide and 1,000 high
        assert np.hypot(*(slash[-1] - slash[0])) > 400


def test_a_foot_lies_at_the_bottom_and_a_flag_hangs_from_the_top() -> None:
    for version in styles(ONE, 1):
        added = np.concatenate(version)
        foot = added[added[:, 1] > 800]
        flag = added[(added[:, 1] < 700) & (added[:, 0] < 500)]
        assert np.ptp(foot[:, 0]) > 100 or len(flag) > 4
        assert added[added[:, 1] < 700, 0].max() < 650  # nothing hangs to the right


def test_a_one_that_has_its_flag_gets_no_second_one() -> None:
    flagged = np.concatenate([np.linspace((200, 300), (500, 0), 15), ONE])

    assert styles(flagged, 1) == []


@pytest.mark.parametrize(("label", "narrowest"), [(3, 0.47), (7, 0.73)])
def test_no_seven_is_squeezed_into_a_one(label: int, narrowest: float) -> None:
    """Where another digit may become half as broad for its height, a seven keeps seven tenths."""
    generator = np.random.default_rng(0)
    upright = np.concatenate([np.linspace((200, 0), (800, 0), 20), np.linspace((800, 0), (800, 1000), 30)])
    ratios = []
    for _ in range(3_000):
        width, height = np.ptp(np.concatenate(augment_strokes([upright], label, generator)), axis=0)
        ratios.append(width / height)

    assert np.quantile(ratios, 0.02) / 0.6 == pytest.approx(narrowest, abs=0.04)


def test_versions_repeat_with_the_seed_and_differ_without() -> None:
    digit = load_pen_digits()[0]

    first, again, other = (
        augment_strokes(digit.strokes, digit.label, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )

    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_versions_stay_of_the_originals_size_and_shape() -> None:
    """Every point of a version lies near the original's outline, moved and scaled to its box."""
    generator = np.random.default_rng(0)
    spans = []
    for digit in load_pen_digits()[::100]:
        points = np.concatenate(augment_strokes(digit.strokes, 3, generator))
        assert np.isfinite(points).all()
        spans.append(np.ptp(points, axis=0).max())

    assert 500 < np.median(spans) < 1_800
    assert max(spans) < 4_000
