"""The capsules page without a browser: its pictures are the network's, its sliders redraw the digit."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.data.mnist import load_mnist
from cnnviz.labs.capsules.network import Capsules
from cnnviz.labs.capsules.training import load_capsules
from tests.support.payload import payload
from tests.support.text import words

Go = Callable[..., AppTest]


def seen(index: int) -> Capsules:
    with torch.no_grad():
        return load_capsules()(load_mnist().test.pixels()[index][None, None])


def drawn(poses: torch.Tensor, digit: int) -> np.ndarray:
    return load_capsules().decode(poses, torch.tensor([digit]))[0].numpy()


def sliders(app: AppTest) -> list[AppTest]:
    return [slider for slider in app.slider if str(slider.key).startswith("pose_")]


def test_the_winner_is_redrawn_and_its_routing_shown(go: Go) -> None:
    app = go("capsules", digit="61")
    capsules = seen(61)
    digit = int(capsules.lengths.argmax())

    assert not app.exception
    assert app.button_group(key="capsule").value == digit
    _, arrays = payload(app, "capsule_digit")
    np.testing.assert_allclose(arrays["values"][1], drawn(capsules.poses, digit), atol=1e-5)
    for round_ in range(3):
        _, arrays = payload(app, f"capsule_shares{round_ + 1}")
        np.testing.assert_allclose(
            arrays["values"].reshape(-1), capsules.couplings[round_, 0, digit] - 0.1, atol=1e-5
        )
    lengths = payload(app, "capsule_rounds")[1]["values"][:, 0]
    np.testing.assert_allclose(lengths[-1], capsules.lengths[0], atol=1e-5)
    added = payload(app, "capsule_added3")[1]["values"].sum()
    assert added**2 / (1 + added**2) == pytest.approx(float(capsules.lengths[0, digit]), abs=1e-4)


def test_a_slider_moves_one_number_of_the_pose(go: Go) -> None:
    app = go("capsules", digit="61")
    capsules = seen(61)
    digit = int(capsules.lengths.argmax())
    assert len(sliders(app)) == 16

    sliders(app)[5].set_value(0.5).run()

    poses = capsules.poses.clone()
    poses[0, digit, 5] = 0.5
    _, arrays = payload(app, "capsule_moved")
    np.testing.assert_allclose(arrays["values"][0], drawn(poses, digit), atol=1e-5)

    app.button(key="pose_reset").click().run()
    _, arrays = payload(app, "capsule_moved")
    np.testing.assert_allclose(arrays["values"][0], drawn(capsules.poses, digit), atol=1e-5)


def test_strips_move_each_number_around_its_value(go: Go) -> None:
    app = go("capsules", digit="61")
    capsules = seen(61)
    digit = int(capsules.lengths.argmax())
    strips = payload(app, "capsule_strips")[1]["values"].reshape(16, 28, 5, 28)

    np.testing.assert_allclose(strips[9, :, 2], drawn(capsules.poses, digit), atol=1e-5)
    poses = capsules.poses.clone()
    poses[0, digit, 9] += 0.25
    np.testing.assert_allclose(strips[9, :, 4], drawn(poses, digit), atol=1e-5)


def test_another_capsule_can_be_looked_at(go: Go) -> None:
    app = go("capsules", digit="61")
    app.button_group(key="capsule").set_value(0).run()

    assert not app.exception
    _, arrays = payload(app, "capsule_moved")
    np.testing.assert_allclose(arrays["values"][0], drawn(seen(61).poses, 0), atol=1e-5)


def test_scrambled_parts_are_measured(go: Go) -> None:
    app = go("capsules", model="eight")
    rows = [line for line in words(app).splitlines() if line.startswith("| ") and "%" in line]

    assert [row.split("|")[1].strip() for row in rows] == [
        "Eight · 8 filters",
        "Default · 24/64, batch norm",
        "Classic · 32/64, dropout",
        "MLP · no convolution",
        "**Capsules**",
    ]
    for row in rows:
        whole, scrambled = (int(cell.replace(",", "")) for cell in row.split("|")[2:4])
        assert 900 <= whole <= 1_000
        assert 0 < scrambled < whole

    before = payload(app, "capsule_scrambled")[1]["values"][1].copy()
    app.button(key="scramble_again").click().run()
    assert not np.array_equal(payload(app, "capsule_scrambled")[1]["values"][1], before)
