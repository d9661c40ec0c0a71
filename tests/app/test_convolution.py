"""The convolution page without a browser: what its pictures receive, and what its words say."""

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnnviz import load_model
from cnnviz.data.mnist import load_mnist
from cnnviz.io.photos import PHOTOS, load_photo
from cnnviz.labs.convolution.kernels import CLASSIC, EXAMPLES
from cnnviz.networks.imagenet import first_kernels, load_imagenet
from cnnviz.ui.pages.convolution.page import VIEWS
from cnnviz.ui.pages.convolution.sliding_window import BEGINNING, EXPERIMENTS
from tests.support.payload import payload, present
from tests.support.text import words

Go = Callable[..., AppTest]
PICTURE = "convolution_picture"


def all_words(app: AppTest) -> str:
    return words(app) + "\n".join(part.value for part in [*app.error, *app.warning])


def conv(image: Any, kernel: Any, **more: Any) -> torch.Tensor:
    return F.conv2d(torch.as_tensor(image)[None], torch.as_tensor(kernel)[None], **more)[0]


def test_the_first_thing_on_screen_is_the_edge_and_its_sign_is_measured(go: Go) -> None:
    app = go("convolution")
    header, arrays = payload(app, PICTURE)
    assert arrays["image"][0].tolist() == [[10, 10, 10, 100, 100, 100]] * 6
    assert arrays["kernel"][0].tolist() == [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    assert arrays["total"].tolist() == [[0, -360, -360, 0]] * 4
    assert (header["stride"], header["padding"], header["dilation"], header["editable"]) == (1, 0, 1, True)
    assert "is **−360**; with the kernel turned by half first" in all_words(app)
    assert "it is **+360**" in all_words(app)
    assert r"\frac{6 + 2 \cdot 0 - 1 \cdot (3 - 1) - 1}{1}\right\rfloor + 1 = 4" in all_words(app).replace(
        "} \\right", "}\\right"
    )


def test_the_second_example_gives_nine_at_the_top_left(go: Go) -> None:
    _, arrays = payload(go("convolution", image="tiny", kernel="column"), PICTURE)
    assert arrays["total"].tolist() == [[9, 6], [11, 5]]


@pytest.mark.parametrize("label", EXPERIMENTS)
def test_starting_points_set_everything(go: Go, label: str) -> None:
    app = go("convolution", image="count", kernel="emboss", padding="2", bias="1")
    app.button(key=f"try {label}").click().run()
    assert not app.exception
    wanted = BEGINNING | EXPERIMENTS[label]
    assert {key: app.session_state[key] for key in wanted} == wanted
    assert bool(app.error) == (label == "Stride 0")


def test_any_image_any_kernel_and_the_whole_address(go: Go) -> None:
    app = go(
        "convolution",
        image="digit",
        digit="61",
        kernel="learnt",
        filter="5",
        stride="2",
        padding="3",
        dilation="2",
        border="reflect",
        bias="1.5",
    )
    header, arrays = payload(app, PICTURE)
    digit = load_mnist().test.images[61] / 255
    kernel = load_model().get_submodule("conv1").weight[5].double()
    padded = F.pad(digit.double()[None], (3,) * 4, mode="reflect")
    expected = conv(padded, kernel, stride=2, dilation=2) + 1.5
    np.testing.assert_allclose(arrays["total"], expected[0].detach(), atol=1e-6)
    np.testing.assert_allclose(arrays["partial"] + 1.5, expected.detach(), atol=1e-6)
    assert header["border"] == "reflect"
    assert arrays["rows"][:4].tolist() == [3, 2, 1, 0]


def test_a_photograph_in_gray(go: Go) -> None:
    _, arrays = payload(go("convolution", image="cat", kernel="identity"), PICTURE)
    photo = load_photo("cat", max(arrays["image"].shape))
    expected = 0.299 * photo[0] + 0.587 * photo[1] + 0.114 * photo[2]
    np.testing.assert_allclose(arrays["image"][0], expected, atol=1e-6)
    np.testing.assert_allclose(arrays["total"], expected[1:-1, 1:-1], atol=1e-6)


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ({"stride": "0"}, "With a stride of 0 the window never gets anywhere"),
        ({"dilation": "0"}, "all weights would lie on the same cell"),
        ({"image": "tiny", "kernel": "gauss7"}, "A kernel of 7 is larger than the image (3 cells)"),
        ({"dilation": "4"}, "reaches over 9 cells and is larger than the image"),
        ({"image": "tiny", "padding": "3", "border": "reflect"}, "at most 2, or another border"),
    ],
)
def test_illegal_choices_are_explained_and_nothing_is_lost(go: Go, link: dict[str, str], told: str) -> None:
    app = go("convolution", **link)
    assert not app.exception
    assert told in app.error[0].value
    _, arrays = payload(app, PICTURE)
    assert "total" not in arrays
    assert arrays["kernel"].size
    assert r"\text{: no place}" in all_words(app)


@pytest.mark.parametrize(
    "link",
    [
        {"lesson": "nonsense"},
        {"image": "<b>"},
        {"kernel": "x"},
        {"stride": "x"},
        {"padding": "-4"},
        {"border": "crop"},
        {"bias": "many"},
        {"filter": "999", "kernel": "learnt"},
        {"cells": "a,b"},
        {"kernel": "own", "cells": "1,2;3"},
        {"kernel": "learnt", "model": "mlp"},
    ],
)
def test_odd_addresses_fall_back(go: Go, link: dict[str, str]) -> None:
    app = go("convolution", **link)
    assert not app.exception
    assert not app.error
    assert "total" in payload(app, PICTURE)[1]


def test_a_kernel_in_the_address(go: Go) -> None:
    app = go("convolution", kernel="own", cells="1,-2;0.5,1/4")
    _, arrays = payload(app, PICTURE)
    assert arrays["kernel"][0].tolist() == [[1, -2], [0.5, 0.25]]
    assert app.query_params["cells"] == "1,-2;0.5,0.25"


def test_a_damaged_kernel_in_the_address_is_explained(go: Go) -> None:
    app = go("convolution", kernel="own", cells="1,2;x,4")
    assert "“x” in row 1, column 0" in app.warning[0].value
    assert not app.error


def test_size_keeps_the_middle(go: Go) -> None:
    app = go("convolution", kernel="box5")
    app.number_input(key="convolution_size_5").set_value(3).run()
    assert not app.exception
    np.testing.assert_allclose(payload(app, PICTURE)[1]["kernel"][0], np.full((3, 3), 1 / 25), atol=1e-7)
    app.number_input(key="convolution_size_3").set_value(7).run()
    kernel = payload(app, PICTURE)[1]["kernel"][0]
    assert kernel.shape == (7, 7)
    np.testing.assert_allclose(kernel[2:5, 2:5], 1 / 25, atol=1e-7)
    assert kernel.sum() == pytest.approx(9 / 25)
    assert app.selectbox(key="kernel").value == "own"


# ---- the other views ----


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("image", "kernel"), [("tiny", "gauss7"), ("digit", "column")])
def test_every_view_bears_awkward_choices(go: Go, view: str, image: str, kernel: str) -> None:
    app = go("convolution", lesson=view, image=image, kernel=kernel, waves=image, pooled="digit")
    assert not app.exception


def test_every_photograph_can_be_reduced(go: Go) -> None:
    app = go("convolution")
    for view, key in (("slide", "image"), ("colour", "photo")):
        app.button_group(key="lesson").set_value(view).run()
        for name in PHOTOS:
            app.selectbox(key=key).set_value(name).run()
            assert not app.exception
            assert not app.error


def test_borders_are_pytorchs(go: Go) -> None:
    app = go("convolution", lesson="borders", image="count", kernel="emboss")
    image, kernel = EXAMPLES["count"].image[None], CLASSIC["emboss"].kernel[None]
    modes = ("constant", "replicate", "reflect", "circular")
    expected = torch.cat([conv(F.pad(image[None], (1,) * 4, mode=mode)[0], kernel) for mode in modes])
    np.testing.assert_allclose(payload(app, "borders_results")[1]["values"], expected)
    np.testing.assert_allclose(payload(app, "borders_cropped")[1]["values"], conv(image, kernel))
    assert np.array_equal(
        payload(app, "borders_padded")[1]["values"][3], F.pad(image[None], (1,) * 4, mode="circular")[0, 0]
    )
    spread = expected.amax(0) - expected.amin(0)
    touched = int((spread > 1e-9).sum())
    assert touched == 16  # all but the inner 3 x 3
    assert f"{touched} of 25 cells depend" in all_words(app)
    assert f"by up to {float(spread.max()):.4g}" in all_words(app)


def test_flipping_is_shown_and_undone(go: Go) -> None:
    app = go("convolution", lesson="flip")
    values = payload(app, "flip_results")[1]["values"]
    assert values[:, 0, 1].tolist() == [-360, 360, -720]
    assert "differ by up to 4, the results by up to 720" in all_words(app)
    app.selectbox(key="kernel").set_value("gauss3").run()
    assert "nothing changes" in all_words(app)
    assert not payload(app, "flip_results")[1]["values"][2].any()


def test_color_is_three_partial_maps_and_their_sum(go: Go) -> None:
    app = go("convolution", lesson="colour", photo="dogs")
    _, arrays = payload(app, "colour_picture")
    photo = load_photo("dogs", max(arrays["image"].shape)).double()
    np.testing.assert_allclose(arrays["image"], photo, atol=1e-6)
    expected = conv(photo, arrays["kernel"].astype(float))
    np.testing.assert_allclose(arrays["total"], expected[0], atol=1e-6)
    for channel in range(3):
        alone = conv(photo[channel : channel + 1], arrays["kernel"][channel : channel + 1].astype(float))
        np.testing.assert_allclose(arrays["partial"][channel], alone[0], atol=1e-6)
    assert "One filter has 3 × 3 × 3 = 27 weights" in all_words(app)
    assert payload(app, "colour_stack")[1]["values"].shape[0] == 6


def test_learned_color_filters_make_a_stack_of_32(go: Go) -> None:
    app = go("convolution", lesson="colour", filters="learnt")
    photo = load_photo("brushes", 44)
    expected = F.conv2d(photo[None], first_kernels(load_imagenet()))[0]
    np.testing.assert_allclose(payload(app, "colour_stack")[1]["values"], expected, atol=1e-5)
    assert "32 filters make a stack of 32 maps" in all_words(app)


def test_parts_add_up_and_the_gain_is_told(go: Go) -> None:
    app = go("convolution", lesson="frequency", kernel="box3")
    parts = [payload(app, f"waves_{name}")[1]["values"] for name in ("whole", "low", "high")]
    np.testing.assert_allclose(parts[1] + parts[2], parts[0], atol=1e-6)
    assert payload(app, "waves_response")[1]["values"][0, 32, 32] == pytest.approx(1)
    assert "is a **low-pass**" in all_words(app)
    app.slider(key="radius").set_value(0.71).run()
    assert np.abs(payload(app, "waves_high")[1]["values"]).max() < 1e-6
    for kernel, kind in (
        ("high_pass", "a **high-pass**"),
        ("sobel_x", "a **band-pass**"),
        ("identity", "neither"),
    ):
        app.selectbox(key="kernel").set_value(kernel).run()
        assert kind in all_words(app)


@pytest.mark.parametrize(
    ("rule", "expected"), [("max", [[20, 30], [112, 37]]), ("mean", [[13, 8], [79, 19.5]])]
)
def test_the_documents_pooling_example(go: Go, rule: str, expected: list[list[float]]) -> None:
    app = go("convolution", lesson="pooling", pooled_by=rule)
    header, arrays = payload(app, "pooling_by_hand")
    assert arrays["total"].tolist() == expected
    assert header["rule"] == rule
    assert ("winners" in arrays) == (rule == "max")
    assert "16 values become 4, 25%" in all_words(app)


@pytest.mark.parametrize(
    ("window", "stride", "told"), [(2, 0, "never gets anywhere"), (5, 1, "larger than the image")]
)
def test_illegal_pooling_is_explained(go: Go, window: int, stride: int, told: str) -> None:
    app = go("convolution", lesson="pooling")
    app.number_input(key="pool_window").set_value(window).run()
    app.number_input(key="pool_stride").set_value(stride).run()
    assert told in app.error[0].value
    assert "total" not in payload(app, "pooling_by_hand")[1]


def test_other_windows_and_strides_are_pytorchs(go: Go) -> None:
    app = go("convolution", lesson="pooling", pooled="map", digit="4")
    app.number_input(key="pool_window").set_value(3).run()
    _, arrays = payload(app, "pooling_by_hand")
    values, places = F.max_pool2d(torch.tensor(arrays["image"][None]), 3, 2, return_indices=True)
    np.testing.assert_allclose(arrays["total"], values[0, 0])
    assert np.array_equal(arrays["winners"], places[0, 0])


# ---- exercises and programs ----


@pytest.mark.parametrize(
    ("kind", "lesson"),
    [
        ("What is this cell?", "slide"),
        ("What shape comes out?", "colour"),
        ("Which cell wins?", "pooling"),
        ("What gives zero?", "borders"),
    ],
)
def test_exercises_are_asked_in_every_view(go: Go, kind: str, lesson: str) -> None:
    app = go("convolution", lesson=lesson)
    app.button_group(key="exercise_kind_convolution").set_value(kind).run()
    assert app.button_group(key="exercise_kind_convolution").value == kind
    app.button(key="exercise_check_convolution").click().run()
    assert not app.exception
    assert re.search("number|Choose", app.warning[-1].value)


def test_an_impossible_setting_leaves_no_question_but_an_explanation(go: Go) -> None:
    app = go("convolution", stride="0")
    assert any("never gets anywhere" in part.value for part in app.info)


def test_networks_without_a_convolution_offer_no_learned_kernel(go: Go) -> None:
    app = go("convolution", model="mlp")
    assert "Learnt by the network" not in app.selectbox(key="kernel").options
    assert present(app, PICTURE)


# ---- what a browser may send ----


def edited() -> None:
    import streamlit as st
    import torch

    from cnnviz.errors import ShapeError
    from cnnviz.ui.components.sliding_window.sliding_window import typed_cells
    from cnnviz.ui.pages.convolution.kernel import parse_typed, same_shape

    kernel = torch.tensor([[[1 / 3, 2.0], [3.0, 4.0]]], dtype=torch.float64)
    cells = typed_cells("picture")
    result: object = None
    if cells is not None and same_shape(cells, kernel):
        try:
            result = parse_typed(cells, kernel).tolist()
        except ShapeError as error:
            result = str(error)
    st.session_state["result"] = result


def after(sent: Any) -> Any:
    app = AppTest.from_function(edited, default_timeout=60)
    app.session_state["picture"] = {"cells": sent}
    app.run()
    assert not app.exception
    return app.session_state["result"]


def test_cells_left_as_they_were_keep_their_exact_weight() -> None:
    assert after({"turn": 1, "cells": [[[None, "5"], [None, "1/3"]]]}) == [[[1 / 3, 5.0], [3.0, 1 / 3]]]
    assert "“x” in row 0, column 1" in after({"turn": 1, "cells": [[[None, "x"], [None, None]]]})


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "text",
        {},
        {"cells": None},
        {"cells": []},
        {"cells": [[]]},
        {"cells": [["1", "2"], ["3", "4"]]},
        {"cells": [[["1", "2"], ["3"]]]},
        {"cells": [[["1", "2"], ["3", "4"], ["5", "6"]]]},
        {"cells": [[["1"] * 1000] * 1000]},
        {"cells": [[[None, None], [None, None]]] * 4},
    ],
)
def test_a_strangers_cells_are_ignored(sent: Any) -> None:
    assert after(sent) is None


def photo_file(width: int, height: int, orientation: int = 1) -> bytes:
    """A JPEG that is dark at the left and light at the right, as the camera held it."""
    ramp = np.tile(np.linspace(0, 255, width, dtype=np.uint8), (height, 1))
    picture, file = Image.fromarray(ramp).convert("RGB"), io.BytesIO()
    exif = picture.getexif()
    exif[0x0112] = orientation
    picture.save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


def upload(app: AppTest, key: str, content: bytes) -> AppTest:
    return app.file_uploader(key=key).upload("mine.jpg", content, "image/jpeg").run()


def test_an_own_photograph_is_taken_upright_and_kept_in_all_views(go: Go) -> None:
    app = upload(go("convolution", kernel="identity"), "image_upload", photo_file(120, 80, orientation=6))
    assert app.selectbox(key="image").value == "upload"
    image = payload(app, PICTURE)[1]["image"][0]
    assert image.shape == (50, 33)  # turned by a quarter, reduced as far as 33 pixels across
    assert image[-1].mean() - image[0].mean() > 0.9
    assert "image" not in app.query_params  # a link cannot carry it
    assert 'to_photo(read_picture(Path("yours.jpg")), 50)' in app.code[0].value

    app.button_group(key="lesson").set_value("colour").run()
    app.selectbox(key="photo").select("upload").run()
    assert payload(app, "colour_picture")[1]["image"].shape[0] == 3
    assert "Photograph: yours, reduced to" in all_words(app)
    app.button_group(key="lesson").set_value("borders").run()
    assert app.selectbox(key="image").value == "upload"
    assert not app.exception

    app.switch_page("pages/dream.py").run()
    app.switch_page("pages/convolution.py").run()
    assert app.selectbox(key="image").value == "upload"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"GIF89a not a picture", "not a readable PNG, JPEG or WEBP picture"),
        (b"", "empty"),
        (photo_file(120, 80)[:300], "not a readable"),
        (photo_file(20, 20), "too small or too narrow"),
    ],
)
def test_a_bad_photograph_is_one_sentence_and_changes_nothing(go: Go, content: bytes, told: str) -> None:
    app = upload(go("convolution", image="cat"), "image_upload", content)
    assert not app.exception
    assert [told in error.value for error in app.error] == [True]
    assert app.selectbox(key="image").value == "cat"
    upload(app, "image_upload", photo_file(60, 60))
    assert app.selectbox(key="image").value == "upload"
    assert not app.error
