"""The dream page without a browser; each rerun computes one frame, as the browser's clock would."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnnviz.feature_visualization.precomputed import dreamed
from cnnviz.io.photos import to_pixels
from cnnviz.networks.torchvision_zoo import FETCHED, torchvision_network
from cnnviz.ui.pages.dream.job import DreamJob
from cnnviz.ui.pages.dream.look_inside import _pictures_of
from tests.support.text import words

Go = Callable[..., AppTest]


def run_of(app: AppTest) -> DreamJob:
    assert not app.exception
    run: DreamJob = app.session_state["_dream_run"]
    return run


def small(app: AppTest, whose: str = "photo") -> None:
    """Two steps of one octave, so that a dream takes a moment."""
    app.slider(key=f"dream_{whose}_octaves").set_value(1)
    app.slider(key=f"dream_{whose}_steps").set_value(2)
    app.run()


def finish(app: AppTest) -> DreamJob:
    for _ in range(60):
        if run_of(app).finished:
            return run_of(app)
        app.run()
    raise AssertionError("The dream did not end.")


def test_a_good_dream_is_on_screen_before_anything_is_computed(go: Go) -> None:
    app = go("dream")
    run = run_of(app)
    assert run.carried
    kept = np.asarray(Image.open(io.BytesIO(dreamed("block11"))).convert("RGB"))
    np.testing.assert_array_equal(run.now.pixels, kept)
    assert "Computed beforehand with exactly these settings." in words(app)
    assert "4 octaves × 10 steps, strength 2, jitter 32, seed 0" in words(app)
    assert "Aitzol Berasategi" in words(app)
    assert "What this does not show" in words(app)


def test_the_address_chooses_picture_and_layer(go: Go) -> None:
    app = go("dream", picture="cat", dream_layer="block4")
    request = run_of(app).request
    assert (request.picture, request.target.layer) == ("cat", "block4")
    assert app.query_params["picture"] == "cat"
    assert "Stefan van der Walt" in words(app)


@pytest.mark.parametrize("link", [{"picture": "../cat"}, {"dream_layer": "conv1"}, {"dream_view": "nothing"}])
def test_a_bad_address_is_the_default(go: Go, link: dict[str, str]) -> None:
    assert run_of(go("dream", **link)).carried


def test_a_dream_grows_frame_by_frame_and_ends(go: Go) -> None:
    app = go("dream", dream_layer="stem")
    small(app)
    steps = [run_of(app).now.frame.step]  # type: ignore[union-attr]
    while not run_of(app).finished:
        app.run()
        steps.append(run_of(app).now.frame.step)  # type: ignore[union-attr]
    assert steps[0] == 0
    assert steps == sorted(steps)
    assert steps[-1] == 2
    run = run_of(app)
    assert np.abs(run.now.pixels.astype(int) - run.before).mean() > 0.5
    assert len(run.now.film) == 3
    with Image.open(io.BytesIO(run.gif())) as film:
        assert film.n_frames == 3  # type: ignore[attr-defined]
    with av.open(io.BytesIO(run.mp4())) as video:
        assert len(list(video.decode(video=0))) > 3  # the last one is held
    assert Image.open(io.BytesIO(run.after_file())).size == (384, 256)


def test_stop_and_resume_reach_the_same_picture(go: Go) -> None:
    app = go("dream", dream_layer="stem")
    small(app)
    whole = finish(app).now.pixels
    app.button(key="dream_again").click().run()
    app.button(key="dream_stop").click().run()
    stopped = run_of(app)
    assert not stopped.finished
    assert app.button(key="dream_resume")
    at = stopped.now.frame.step  # type: ignore[union-attr]
    app.run()
    assert run_of(app).now.frame.step == at  # type: ignore[union-attr]
    app.button(key="dream_resume").click().run()
    np.testing.assert_array_equal(finish(app).now.pixels, whole)


def test_another_setting_begins_another_dream(go: Go) -> None:
    app = go("dream", dream_layer="stem")
    small(app)
    first = finish(app)
    app.slider(key="dream_photo_strength").set_value(4.0).run()
    second = finish(app)
    assert second is not first
    assert not np.array_equal(first.now.pixels, second.now.pixels)


@pytest.mark.parametrize("kind", ["Channels", "A guide", "A class"])
@pytest.mark.parametrize("picture", ["cat", "digit"])
def test_every_kind_of_wish(go: Go, kind: str, picture: str) -> None:
    app = go("dream", picture=picture, dream_layer="stem")
    whose = "digit" if picture == "digit" else "photo"
    small(app, whose)
    app.button_group(key=f"dream_{whose}_kind_4").set_value(kind).run()
    run = finish(app)
    assert run.request.target.kind != "layer"
    assert not np.array_equal(run.before, run.now.pixels)
    if (kind, picture) == ("A class", "digit"):
        assert "The network now reads" in words(app)
    assert not app.error


def test_noise_is_a_start_too(go: Go) -> None:
    app = go("dream", picture="noise", dream_layer="stem")
    small(app)
    assert finish(app).before.std() > 5


def test_a_digit_is_dreamed_about_by_the_visitors_own_network(go: Go) -> None:
    app = go("dream", picture="digit", model="classic", digit="61")
    small(app, "digit")
    run = finish(app)
    assert run.before.shape == (112, 112)
    assert "test.images[61]" in app.code[0].value
    assert "load_model('classic')" in app.code[0].value


def test_a_network_without_convolutions_dreams_at_28_pixels(go: Go) -> None:
    app = go("dream", picture="digit", model="mlp")
    run = finish(app)
    assert run.before.shape == (28, 28)
    assert not app.error


def test_film_flies_on_from_the_dream(go: Go) -> None:
    app = go("dream", picture="cat", dream_layer="stem")
    app.select_slider(key="dream_photo_side").set_value(256)
    small(app)
    dreamt = finish(app).now.pixels
    app.button(key="dream_film").click().run()
    run = run_of(app)
    np.testing.assert_array_equal(run.now.pixels, dreamt)
    run = finish(app)
    assert run.request.film
    assert len(run.now.film) == 25
    assert "zoom(" in app.code[0].value


def test_a_bad_upload_is_one_sentence_and_changes_nothing(go: Go) -> None:
    app = go("dream")
    uploader = app.file_uploader(key="dream_upload")
    uploader.upload("animated.png", b"GIF89a not a picture", "image/png").run()
    assert "readable" in app.error[0].value
    assert run_of(app).carried
    tiny = io.BytesIO()
    Image.new("RGB", (1, 1)).save(tiny, "PNG")
    app.file_uploader(key="dream_upload").upload("dot.png", tiny.getvalue(), "image/png").run()
    assert "too small" in app.error[0].value
    assert run_of(app).carried


def test_an_upload_becomes_the_start(go: Go) -> None:
    app = go("dream", dream_layer="stem")
    small(app)
    file = io.BytesIO()
    Image.new("CMYK", (120, 90), (20, 60, 90, 10)).save(file, "JPEG")
    app.file_uploader(key="dream_upload").upload("mine.jpg", file.getvalue(), "image/jpeg").run()
    run = finish(app)
    assert run.request.picture == "upload"
    assert run.before.shape == (90, 120, 3)
    assert "picture" not in app.query_params


def test_inside_view_reads_the_photograph_and_shows_its_units(go: Go) -> None:
    app = go("dream", dream_view="Look inside", picture="brushes")
    assert not app.exception
    assert "Unit" in words(app)
    names = [part.proto.id for part in app.get("bidi_component")]
    for key in ("inside_kernels", "inside_maps_block11", "inside_wishes_block11", "inside_map_block11"):
        assert any(name.endswith(f"-{key}") for name in names), key


@pytest.mark.usefixtures("quick")
def test_inside_view_computes_what_is_not_carried(go: Go) -> None:
    app = go("dream", dream_view="Look inside", inside_layer="Edges")
    assert not app.main.get("image")[1:]
    app.button(key="inside_compute").click().run()
    assert not app.exception
    assert len(app.main.get("image")) == 2
    layer, unit = app.session_state["_inside_asked"]
    assert layer == "stem"
    pictures = _pictures_of(layer, unit)
    assert pictures.done
    assert to_pixels(pictures.last.images[0]).std() > 10


@pytest.mark.parametrize(
    "link",
    [
        {"dream_layer": "stem"},
        {"picture": "noise", "dream_layer": "stem"},
        {"picture": "digit", "digit": "61"},
        {"dream_view": "Look inside", "inside_layer": "Edges"},
    ],
)
def test_the_code_behind_the_picture_runs(
    go: Go, link: dict[str, str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = go("dream", **link)
    if "dream_view" not in link:
        small(app, "digit" if link.get("picture") == "digit" else "photo")
    run = None if "dream_view" in link else finish(app)
    program = app.code[0].value
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "shown.py", "exec"), {})
    if run is not None:
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "dream.png")), run.now.pixels)


def test_a_network_that_cannot_be_fetched_is_said_and_the_installed_one_goes_on(
    go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: str) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr("cnnviz.networks.torchvision_zoo.open_https", refused)
    app = go("dream")
    app.selectbox(key="dream_network").set_value("googlenet").run()
    app.button(key="fetch_googlenet").click().run()

    assert "connection refused. EfficientNet-Lite0 goes on" in app.error[0].value
    assert run_of(app).carried


def test_a_fetched_network_dreams(go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GoogLeNet's layers with random weights stand in for the published file, which is not to be had here."""
    torch.manual_seed(0)
    file = io.BytesIO()
    torch.save(torchvision_network("googlenet").state_dict(), file)
    name = f"googlenet-{hashlib.sha256(file.getvalue()).hexdigest()[:8]}.pth"
    monkeypatch.setitem(FETCHED, "googlenet", replace(FETCHED["googlenet"], file=name))
    monkeypatch.setattr("cnnviz.networks.torchvision_zoo.open_https", lambda _: io.BytesIO(file.getvalue()))
    app = go("dream")
    app.selectbox(key="dream_network").set_value("googlenet").run()
    app.button(key="fetch_googlenet").click().run()
    small(app)
    run = finish(app)

    assert (run.request.network, run.request.target.layer) == ("googlenet", "inception4c")
    assert "`inception4c` of GoogLeNet" in words(app)
    assert np.abs(run.now.pixels.astype(int) - run.before).mean() > 0.5
    monkeypatch.chdir(tmp_path)  # where the program finds the weights
    exec(compile(app.code[0].value, "shown.py", "exec"), {})
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "dream.png")), run.now.pixels)
