"""The stroke replay without a browser: asked for, computed once, and silent without a drawing."""

from collections.abc import Callable

import numpy as np
from streamlit.testing.v1 import AppTest

from cnnviz import load_model
from cnnviz.colors import SERIES
from cnnviz.interpret.stroke_replay import replay
from cnnviz.networks.tracing import predict
from tests.support.drawing import SEVEN, send, sent
from tests.support.payload import payload, present
from tests.support.text import words

Go = Callable[..., AppTest]


def drawn(go: Go) -> AppTest:
    return send(go("draw"), sent(SEVEN))


def test_nothing_to_replay_without_a_drawing(go: Go) -> None:
    for link in ({}, {"digit": "61"}):
        app = go("draw", **link)
        assert not present(app, "replay_player")
        assert not [button for button in app.main.button if button.key == "replay_start"]


def test_a_drawing_is_replayed_only_when_asked_for(go: Go) -> None:
    app = drawn(go)
    assert not present(app, "replay_player")

    app.button(key="replay_start").click().run()

    assert not app.exception
    header, arrays = payload(app, "replay_player")
    digit = app.session_state["_digit"]
    expected = replay(load_model(), digit.strokes, [20.0], final=digit.image)
    np.testing.assert_allclose(arrays["probabilities"], expected.probabilities, atol=1e-5)
    assert np.array_equal(arrays["images"], (expected.images * 255).round())
    np.testing.assert_allclose(arrays["probabilities"][-1], predict(load_model(), digit.image)[0], atol=1e-5)
    assert np.array_equal(arrays["points"], np.concatenate(digit.strokes))
    assert [tuple(change) for change in arrays["changes"].tolist()] == [
        (change.step, change.before, change.after) for change in expected.changes
    ]
    assert f"{int(expected.readable.sum())} parts of the drawing" in words(app)
    peaks = expected.probabilities.nan_to_num(0).amax(0)
    assert {line["digit"] for line in header["lines"]} == {d for d in range(10) if peaks[d] > 0.05}
    assert header["lines"][0]["color"] == SERIES[0]


def test_the_next_stroke_costs_nothing(go: Go) -> None:
    app = drawn(go)
    app.button(key="replay_start").click().run()
    assert present(app, "replay_player")

    send(app, sent([*SEVEN, [90.0, 150.0]]))

    assert not app.exception
    assert not present(app, "replay_player")
    assert app.button(key="replay_start").label.startswith("Replay")


def test_a_strangers_pen_width_is_not_believed(go: Go) -> None:
    value = sent(SEVEN)
    value["drawing"]["raw"]["objects"][0]["strokeWidth"] = float("inf")
    app = send(go("draw"), value)
    app.button(key="replay_start").click().run()

    assert not app.exception
    assert payload(app, "replay_player")[1]["widths"].tolist() == [20.0]
