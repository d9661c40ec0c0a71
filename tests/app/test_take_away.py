"""Models out and in, on a page: the panel's files, uploads, and what is said of a bad one."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.checkpoints.format import load_checkpoint, load_model, serialize
from cnnviz.checkpoints.model_store import keep_model, list_stored
from cnnviz.export import onnx
from cnnviz.export.files import state_dict_file
from cnnviz.networks.network import ConvBlock, NetworkConfig, build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import run_dir
from cnnviz.training.config import TrainConfig
from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.widgets import export_panel
from tests.support.panels import open_panel

Go = Callable[..., AppTest]
EDITED = NetworkConfig(convs=(ConvBlock(3), ConvBlock(5)), dense=(12,))


def files(app: AppTest) -> dict[str, str]:
    """Label of each download -> what is said of it."""
    words = [block.value for block in app.markdown]
    labels = [button.label for button in app.get("download_button")]
    return {label: next((text for text in words if text), "") for label in labels}


def evaluate(go: Go, **link: str) -> AppTest:
    """The page with its panel open."""
    return open_panel(go("evaluate", **link), "evaluate_take_away")


def chosen(name: str) -> CurrentModel:
    checkpoint = load_checkpoint(name)
    return CurrentModel(name, name, checkpoint.model, checkpoint.digest, checkpoint.card)


def test_every_model_offers_its_files(go: Go) -> None:
    app = evaluate(go, model="eight")

    assert not app.exception
    assert list(files(app)) == ["safetensors", "PyTorch", "ONNX", "Python program", "Card"]
    made = {file.name: file.make() for file in export_panel._files(chosen("eight"))}
    assert list(made) == ["eight.safetensors", "eight.pt", "eight.onnx", "train_eight.py", "eight.json"]
    assert made["eight.safetensors"] == serialize(load_model("eight"))
    state = torch.load(io.BytesIO(made["eight.pt"]), weights_only=True)
    assert torch.equal(state["conv1.weight"], load_model("eight").conv1.weight)
    assert b"EPOCHS = 10" in made["train_eight.py"]


def test_a_reader_offers_its_pen_digits() -> None:
    assert "Pen digits" in [file.label for file in export_panel._files(chosen("default"))]


def test_without_the_extra_the_button_says_what_to_do(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx, "find_spec", lambda _: None)
    app = evaluate(go, model="eight")

    assert not app.exception
    (button,) = [button for button in app.get("download_button") if button.label == "ONNX"]
    assert button.disabled
    assert [block.value for block in app.markdown if "pip install 'cnnviz[onnx]'" in block.value]


def test_a_run_adds_its_figures_and_a_stopped_one_its_last_step(tmp_path: Path, go: Go) -> None:
    config = TrainConfig(network=NETWORKS["eight"], epochs=2, train_size=1_000, validation_size=100)
    folder = run_dir.create(tmp_path / "runs", config.as_json())
    folder.weights_file.write_bytes(serialize(build(config.network)))
    folder.append({"step": 5, "steps": 16, "loss": 0.25, "epoch": 0.6})
    unfinished = evaluate(go, model=f"run:{folder.id}")
    assert "Figures" in files(unfinished)
    assert [block for block in unfinished.markdown if "loads the `.pt` file" in block.value]

    folder.write("card", {"training": config.as_json(), "steps": 5, "test": {"mnist": {"accuracy": 0.5}}})
    folder.end("stopped", step=5)
    app = evaluate(go, model=f"run:{folder.id}")
    assert not app.exception
    card = folder.read("card")
    model = CurrentModel(f"run:{folder.id}", "mine", build(config.network), "", card)
    made = {file.label: file.make() for file in export_panel._files(model)}
    assert b"LAST_STEP = 5 " in made["Python program"]
    assert b"50.00% of MNIST" in made["Python program"]
    assert made["Figures"] == b"step,steps,loss,epoch\n5,16,0.25,0.6\n"


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_below_a_run_that_has_ended(tmp_path: Path, go: Go, state: run_dir.State) -> None:
    config = TrainConfig(network=NETWORKS["eight"], epochs=1, train_size=1_000, validation_size=100)
    folder = run_dir.create(tmp_path / "runs", config.as_json())
    folder.end(state, "because")
    empty = go("train", run=folder.id)
    assert not empty.exception
    assert "ONNX" not in files(empty)

    folder.weights_file.write_bytes(serialize(build(config.network)))
    app = open_panel(go("train", run=folder.id), "run_take_away")
    assert not app.exception
    assert {"safetensors", "PyTorch", "ONNX", "Python program", "Figures", "Card"} <= files(app).keys()


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    return app.file_uploader(key="model_upload").upload(name, content, "application/octet-stream").run()


@pytest.mark.parametrize("config", [NETWORKS["padded"], EDITED], ids=["known", "edited"])
def test_an_uploaded_model_is_used_everywhere(go: Go, tmp_path: Path, config: NetworkConfig) -> None:
    network = build(config, seed=3).eval()
    app = upload(go("home"), "mine.safetensors", serialize(network))

    assert not app.exception
    (kept,) = list_stored(tmp_path / "models")
    key = f"own:{kept.digest}"
    assert app.selectbox(key="model_choice").value == key
    assert kept.name.startswith("mine (")
    assert app.query_params["model"] in (key, [key])
    for page in ("draw", "network", "filters", "activations", "pooling", "evaluate"):
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception, page
        assert app.session_state["model_choice"] == key, page

    again = evaluate(go, model=key)
    assert again.selectbox(key="model_choice").value == key
    assert list(files(again)) == ["safetensors", "PyTorch", "ONNX", "Python program", "Card"]


def test_a_bare_state_dict_says_which_network_it_is(go: Go, tmp_path: Path) -> None:
    content = safetensors.torch.save(dict(build(NETWORKS["wide"]).state_dict()))
    upload(go("home"), "bare.safetensors", content)

    assert [model.name for model in list_stored(tmp_path / "models")] == ["bare (Wide)"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (state_dict_file(build(NETWORKS["eight"])), "PyTorch"),
        (b"hello", "empty or cut off"),
        (serialize(build(NETWORKS["eight"]))[:-100], "cut off"),
        (serialize(build(NETWORKS["eight"]), {"a": torch.zeros(3)}), "not this network's"),
    ],
)
def test_a_bad_file_is_one_sentence_and_changes_nothing(
    go: Go, tmp_path: Path, content: bytes, words: str
) -> None:
    app = upload(go("home", model="eight"), "model.bin", content)

    assert not app.exception
    assert [words in error.value for error in app.error] == [True]
    assert bool(app.code) == (words == "PyTorch")  # how to convert it
    assert app.selectbox(key="model_choice").value == "eight"
    assert not (tmp_path / "models").exists()


def test_deleting_and_a_link_to_a_model_that_is_gone(go: Go, tmp_path: Path) -> None:
    kept = keep_model(tmp_path / "models", build(NETWORKS["eight"]), "mine")
    app = go("home", model=f"own:{kept.digest}")
    app.button(key="own_delete").click().run()

    assert not app.exception
    assert app.selectbox(key="model_choice").value == "default"
    assert list_stored(tmp_path / "models") == []
    for key in (f"own:{kept.digest}", "own:../../secret", "own:"):
        app = go("home", model=key)
        assert not app.exception
        assert "is not here" in app.warning[0].value
        assert app.selectbox(key="model_choice").value == "default"


def test_a_damaged_model_on_the_shelf_is_one_sentence(go: Go, tmp_path: Path) -> None:
    kept = keep_model(tmp_path / "models", build(NETWORKS["eight"]), "mine")
    path = tmp_path / "models" / f"{kept.digest}.safetensors"
    path.write_bytes(path.read_bytes()[:-50])

    app = go("home", model=f"own:{kept.digest}")

    assert not app.exception
    assert ["cut off" in error.value for error in app.error] == [True]
