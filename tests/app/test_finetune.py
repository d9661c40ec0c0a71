"""The fine-tune page: alive on arrival, one's own digits, what came of it, and keeping it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.checkpoints.format import load_checkpoint, load_model
from cnnviz.checkpoints.model_store import list_stored, open_stored
from cnnviz.data.drawing_format import pack_image
from cnnviz.data.mnist import load_mnist
from cnnviz.evaluation.metrics import logits_of
from cnnviz.evaluation.pen_writers import digits_by_writer
from cnnviz.training.finetuning_report import accuracy
from cnnviz.ui.pages.finetune.digits import OWN, WRITER
from tests.support.drawing import SEVEN, send, sent
from tests.support.payload import payload, present
from tests.support.text import words

Go = Callable[..., AppTest]


def some(count: int, first: int = 0) -> bytes:
    digits = load_mnist().test[first : first + count]
    records = [
        {"label": int(label), "image": pack_image(image / 255), "strokes": []}
        for image, label in zip(digits.images, digits.labels, strict=True)
    ]
    return json.dumps(records).encode()


def own(app: AppTest) -> AppTest:
    return app.get_by_key("finetune_source").set_value(OWN).run()


def upload(app: AppTest, content: bytes) -> AppTest:
    return app.file_uploader(key="finetune_upload").upload("mine.json", content, "application/json").run()


def start(app: AppTest, steps: int = 10) -> AppTest:
    app.slider(key="finetune_steps").set_value(steps)
    return app.button(key="finetune_start").click().run()


def test_alive_on_arrival_with_a_writer_it_misreads(go: Go) -> None:
    app = go("finetune", model="eight")

    assert not app.exception
    assert app.get_by_key("finetune_source").value == WRITER
    digits = digits_by_writer()[app.selectbox(key="finetune_writer").value]
    model = load_model("eight")
    wrong = int((logits_of(model, digits.images).argmax(1) != digits.labels).sum())
    assert wrong > 0
    assert f"**{wrong} of {len(digits)} misread**" in words(app)
    header, arrays = payload(app, "finetune_digits")
    assert sum("→" in caption for caption in header["captions"]) == min(wrong, 27)
    assert "→" in header["captions"][0]
    assert len(arrays["values"]) <= 27


def test_nothing_of_ones_own_is_an_invitation(go: Go) -> None:
    app = own(go("finetune", model="eight"))

    assert not app.exception
    assert "Nothing labeled yet" in app.info[0].value
    assert app.button(key="finetune_start").disabled
    assert app.button(key="finetune_label_3").disabled


def test_draw_and_label_one_after_another(go: Go) -> None:
    app = send(own(go("finetune", model="eight")), sent(SEVEN))
    app.button(key="finetune_label_7").click().run()
    app = send(app, sent([[140, 40], [140, 240]]))
    app.button(key="finetune_label_1").click().run()

    assert not app.exception
    assert [record["label"] for record in app.session_state["_corrections"]] == [7, 1]
    assert app.session_state["_pad"].drawing is None  # the next one can be drawn at once
    assert not app.button(key="finetune_start").disabled
    captions = payload(app, "finetune_own")[0]["captions"]
    assert sorted(caption[0] for caption in captions) == ["1", "7"]

    app.button(key="finetune_remove_all").click().run()
    assert app.session_state["_corrections"] == []


def test_a_correction_on_the_draw_page_leads_here(go: Go) -> None:
    app = send(go("draw", model="eight"), sent(SEVEN))
    next(group for group in app.get("button_group") if group.label == "It is a").set_value(7).run()
    app.switch_page("pages/finetune.py").run()

    assert not app.exception
    assert app.get_by_key("finetune_source").value == OWN
    assert payload(app, "finetune_own")[0]["captions"][0][0] == "7"
    assert "This one is kept as a **7**. Clear the board" in words(app)


def test_test_digits_can_be_added(go: Go) -> None:
    app = own(go("finetune", model="eight", digit="61"))
    app.button(key="finetune_add_test").click().run()

    assert [record["label"] for record in app.session_state["_corrections"]] == [
        int(load_mnist().test.labels[61])
    ]


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"{", "no JSON"), (b"[]", "no list"), (b"[3]", "no label")]
)
def test_a_bad_file_is_one_sentence_and_loses_nothing(go: Go, content: bytes, sentence: str) -> None:
    app = upload(own(go("finetune", model="eight")), some(3))
    app = upload(app, content)

    assert not app.exception
    assert [sentence in error.value for error in app.error] == [True]
    assert len(app.session_state["_corrections"]) == 3


@pytest.mark.usefixtures("quick")
def test_learned_measured_kept_and_used(go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = start(upload(own(go("finetune", model="eight")), some(20)))

    assert not app.exception
    known = app.session_state["_finetune_work"].known
    assert known.last
    shown = {metric.label: metric.value for metric in app.metric}
    tuned = known.tuned["with replay"]
    test = load_mnist().test
    assert shown["MNIST, with replay"] == f"{accuracy(tuned, test):.2%}"
    assert shown["MNIST, without replay"] == f"{accuracy(known.tuned['without replay'], test):.2%}"
    assert shown["These digits"] == f"{accuracy(tuned, test[:20]):.2%}"
    assert "Unseen ones, n = 20" in shown
    difference = payload(app, "finetune_difference")[1]["values"]
    both = [payload(app, f"finetune_{name}")[1]["values"] for name in ("before", "after")]
    assert np.allclose(difference, both[1] - both[0])
    assert np.abs(difference).max() > 0

    with monkeypatch.context() as full:
        full.setattr("cnnviz.checkpoints.model_store.KEPT", 0)
        app.button(key="finetune_keep").click().run()
        assert ["at most 0 own models" in error.value for error in app.error] == [True]
        assert app.selectbox(key="model_choice").value == "eight"
    app.text_input(key="finetune_name").set_value("My hand")
    app.button(key="finetune_keep").click().run()
    (kept,) = list_stored(tmp_path / "models")
    assert not app.exception
    assert kept.name == "My hand"
    assert app.selectbox(key="model_choice").value == f"own:{kept.digest}"
    assert "Kept" in app.success[0].value
    _, card = open_stored(tmp_path / "models", kept.digest)
    assert card["own"]["n"] == 20
    known_before = load_checkpoint("eight").card["test"]["mnist"]["accuracy"]
    assert card["test"]["mnist"]["before"] == pytest.approx(known_before, abs=1e-4)
    app.switch_page("pages/draw.py").run()
    assert not app.exception
    assert app.selectbox(key="model_choice").value == f"own:{kept.digest}"


def test_another_model_has_other_layers(go: Go) -> None:
    app = go("finetune", model="eight")
    app.selectbox(key="finetune_first").set_value("dense1").run()
    app.selectbox(key="model_choice").set_value("classic").run()

    assert not app.exception
    assert app.selectbox(key="finetune_first").value == "conv1"


@pytest.mark.usefixtures("quick")
def test_without_replay_there_is_one_way(go: Go) -> None:
    app = upload(own(go("finetune", model="mlp")), some(2))
    app.slider(key="finetune_replay").set_value(0)
    app = start(app)

    assert not app.exception
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["MNIST, with replay"] == shown["Unseen ones, n = 2"] == "–"
    assert present(app, "finetune_difference")  # the first layer sees pixels
