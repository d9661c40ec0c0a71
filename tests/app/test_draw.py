"""The draw page: nothing drawn, a drawing, a picture, and everything that can be wrong with them."""

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnnviz.data.mnist import load_mnist
from cnnviz.io.images import encode_png
from tests.support.drawing import SEVEN, path_object, send, sent
from tests.support.panels import open_panel
from tests.support.text import frame_digit, frame_reading

Go = Callable[..., AppTest]


def prediction(app: AppTest) -> str:
    found = re.search(r"class='answer'>(\d)<", " ".join(block.body for block in app.get("html")))
    return found.group(1) if found else ""


def test_nothing_drawn_is_an_invitation_and_no_prediction(go: Go) -> None:
    app = go("draw")

    assert prediction(app) == ""
    assert "Draw a digit" in app.info[0].value


def test_a_drawing_is_read_and_shown_in_the_frame(go: Go) -> None:
    app = send(go("draw"), sent(SEVEN))

    assert not app.exception
    assert prediction(app) == "7"
    assert "Reads **7**" in frame_reading(app)
    assert frame_digit(app) == "your drawing"
    assert "drawing" in app.query_params


def test_random_digit_replaces_the_drawing_and_a_new_stroke_replaces_it(go: Go) -> None:
    app = send(go("draw"), sent(SEVEN))
    app.button(key="random").click().run()
    assert frame_digit(app).startswith("test digit")

    one = sent([[140, 40], [140, 240]])
    app = send(app, one)
    assert frame_digit(app) == "your drawing"
    assert prediction(app) == "1"


def test_undo_and_clear(go: Go) -> None:
    two = sent(SEVEN)
    two["drawing"]["raw"]["objects"].append(path_object([[90, 150], [190, 150]]))
    app = send(go("draw"), two)

    app.button(key="undo").click().run()
    assert prediction(app) == "7"
    app.button(key="clear").click().run()
    assert prediction(app) == ""
    assert not app.exception


def test_drawing_survives_a_page_switch(go: Go) -> None:
    app = send(go("draw"), sent(SEVEN))

    app.switch_page("pages/home.py").run()
    assert frame_digit(app) == "your drawing"
    app.switch_page("pages/draw.py").run()

    assert prediction(app) == "7"


@pytest.mark.parametrize(
    "value",
    [
        {"drawing": 7},
        {"drawing": {"raw": 3, "data": 4}},
        {"drawing": {"raw": {"objects": "many"}, "data": None}},
        {"drawing": {"raw": {"objects": [1, None, {"path": 4}]}, "data": "data:image/png;base64,AAAA"}},
        {"drawing": {"raw": {"objects": [{"path": [["M", "x", {}]]}]}, "data": "data:text/html,<p>"}},
        {"drawing": {"raw": {"objects": [path_object(SEVEN)] * 501}, "data": None}},
        sent(SEVEN, png="data:image/png;base64," + "A" * 300_000),
        sent(SEVEN, png="data:image/png;base64,===="),
        sent([[10.0, 10.0], [float("nan"), 5.0]], png=""),
    ],
)
def test_malformed_canvas_values_are_nothing_drawn(go: Go, value: object) -> None:
    app = send(go("draw"), value)

    assert not app.exception
    assert prediction(app) == ""


def png(size: tuple[int, int] = (200, 200)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_uploaded_digit_is_read(go: Go) -> None:
    digits = load_mnist().test
    app = open_panel(go("draw"), "draw_upload_panel")
    picture = np.kron(255 - np.asarray(digits.images[0]), np.ones((8, 8), np.uint8))
    app.get_by_key("draw_upload").upload("seven.png", encode_png(picture), "image/png").run()

    assert not app.exception
    assert prediction(app) == str(int(digits.labels[0]))
    assert frame_digit(app) == "your picture"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"only text", "not a readable"),
        (b"", "empty"),
        (png((10_000, 5_000)), "16 megapixels"),
        (png(), "Nothing is drawn"),
        (png()[:50], "not a readable"),
    ],
)
def test_a_bad_upload_is_one_sentence_and_keeps_the_digit(go: Go, content: bytes, words: str) -> None:
    app = open_panel(go("draw", digit="61"), "draw_upload_panel")
    app.get_by_key("draw_upload").upload("digit.png", content, "image/png").run()

    assert not app.exception
    assert [words in error.value for error in app.error] == [True]
    assert frame_digit(app) == "test digit 61"


def test_a_misread_drawing_is_kept_with_its_label(go: Go) -> None:
    app = send(go("draw"), sent(SEVEN))
    pills = next(group for group in app.get("button_group") if group.label == "It is a")
    pills.set_value(2).run()

    assert not app.exception
    (kept,) = app.session_state["_corrections"]
    assert kept["label"] == 2
    assert len(kept["strokes"][0]) == 3
    assert "Kept as a 2." in [caption.value for caption in app.caption]

    app.session_state["_corrections"] = []  # as the fine-tune page can do
    assert "Kept as a 2." not in [caption.value for caption in app.run().caption]
    assert not next(group for group in app.get("button_group") if group.label == "It is a").value


def test_xray_reads_the_digit_without_each_stage(go: Go) -> None:
    app = send(go("draw"), sent(SEVEN))

    captions = [image.caption for row in app.get("image") for image in row.proto.imgs]
    assert sum("reads **" in caption and "accuracy" in caption for caption in captions) == 4


BOX = [[60, 60], [220, 60], [220, 220], [60, 220], [60, 60]]


def test_a_box_is_named_but_not_claimed_to_be_a_digit(go: Go) -> None:
    app = send(go("draw"), sent(BOX))

    assert not app.exception
    assert "answer doubted" in " ".join(block.body for block in app.get("html"))
    assert any("This does not look like a digit" in block.value for block in app.main.markdown)
    assert "does not look like a digit" in frame_reading(app)


def test_a_test_digit_is_never_called_no_digit(go: Go) -> None:
    app = go("draw", digit="18")

    assert prediction(app) == "3"
    assert not any("does not look like" in block.value for block in app.markdown)


def test_when_it_doubts_is_shown_as_a_curve(go: Go) -> None:
    app = go("draw")
    before = len(app.get("vega_lite_chart"))
    app.session_state["when_it_doubts"] = True
    app.run()

    assert not app.exception
    assert len(app.get("vega_lite_chart")) == before + 1
    assert any("false alarms" in caption.value for caption in app.caption)
