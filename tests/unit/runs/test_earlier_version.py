"""Runs, models and drawings that an earlier version left behind are read, and go on where they stood."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from cnnviz.checkpoints.format import (
    current_names,
    fold_temperature,
    load_checkpoint,
    load_model,
    parse_checkpoint,
)
from cnnviz.checkpoints.model_store import list_stored, open_stored
from cnnviz.data.drawing_format import digits_of, parse_labeled, unpack_image
from cnnviz.data.mnist import load_mnist
from cnnviz.networks.tracing import predict
from cnnviz.runs import run_dir
from cnnviz.runs.cross_validation import list_cross_validations, open_cross_validation
from cnnviz.runs.recorder import load_position, train
from cnnviz.runs.run import history_of_run, list_runs, open_run
from cnnviz.runs.sweep import list_sweeps, open_sweep
from cnnviz.training.history import load_history

EARLIER = Path(__file__).parents[2] / "data" / "earlier"
NAMES = ("qkv.weight", "proj.weight", "fc1.weight", "fc2.weight")  # were ask, answer, widen, narrow


def read(name: str) -> Any:
    return json.loads((EARLIER / name).read_text())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EARLIER, tmp_path / "home"))


@pytest.mark.parametrize("file", read("logits.json"))
def test_every_network_answers_as_it_did(file: str) -> None:
    network = parse_checkpoint((EARLIER / file).read_bytes())
    image = load_mnist().test.images[61][None, None] / 255  # (1, 1, 28, 28)
    torch.testing.assert_close(network(image)[0], torch.tensor(read("logits.json")[file]), atol=1e-4, rtol=0)


def test_runs_are_listed_with_their_states_and_records(home: Path) -> None:
    made = read("made.json")
    states = {run.id: run.state for run in list_runs(home / "runs")}
    assert states == {made["finished"]: "finished", made["interrupted"]: "interrupted"}
    finished = open_run(home / "runs", made["finished"])
    assert [record["step"] for record in finished.events()] == [0, 1, 2, 3]
    assert finished.test_accuracy == finished.card()["test"]["mnist"]["accuracy"]
    assert finished.config.network.convs[0].filters == 2


@pytest.mark.parametrize("which", ["finished", "interrupted"])
def test_a_runs_history_is_that_of_its_snapshots(home: Path, which: str) -> None:
    run = open_run(home / "runs", read("made.json")[which])
    history = history_of_run(run)
    assert history is not None
    assert [snapshot.step for snapshot in history.snapshots] == [0, 1, 2, 3]
    weights = [history.checkpoint(place).model.state_dict() for place in range(4)]
    assert not any(torch.equal(one["logits.weight"], weights[0]["logits.weight"]) for one in weights[1:])


def test_an_interrupted_attention_run_goes_on_to_the_same_weights(home: Path) -> None:
    folder = run_dir.find(home / "runs", read("made.json")["interrupted"])
    position = load_position(folder)
    assert position is not None
    assert position.best is not None
    for state in (position.state, position.best.state):
        assert all(any(key.endswith(name) for key in state) for name in NAMES)
    assert all(any(name in key for key in position.optimizer) for name in NAMES)

    folder.prepare_resume()
    with folder.held():
        folder.begin()
        train(folder)

    assert folder.state() == "finished"
    trained = current_names(safetensors.torch.load((EARLIER / "resumed.safetensors").read_bytes()))
    expected = fold_temperature(trained, folder.read("card")["temperature"])
    for key, value in parse_checkpoint(folder.weights_file.read_bytes()).state_dict().items():
        torch.testing.assert_close(value, expected[key], atol=2e-5, rtol=0, msg=key)


def test_a_run_driven_away_goes_back_to_before_its_change(home: Path) -> None:
    folder = run_dir.find(home / "runs", read("made.json")["interrupted"])
    folder.end("failed", diverged=True)
    folder.prepare_resume()
    position = load_position(folder)
    assert position is not None
    assert position.step == read_changes(folder)[-1]["step"]
    assert all(any(key.endswith(name) for key in position.state) for name in NAMES)


def read_changes(folder: run_dir.RunDir) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = json.loads((folder.path / "changes.json").read_text())["changes"]
    return changes


def test_a_cross_validation_is_read_fold_by_fold(home: Path) -> None:
    (found,) = list_cross_validations(home / "runs")
    assert found.id == read("made.json")["study"]
    opened = open_cross_validation(home / "runs", found.id)
    assert opened.states == ["finished", "finished"]
    ends = [run.folder.read("end") for run in opened.runs if run]
    scores = opened.figures().scores
    assert [score.accuracy for score in scores] == [end["validation_accuracy"] for end in ends]


def test_a_sweep_is_read_point_by_point(home: Path) -> None:
    (found,) = list_sweeps(home / "runs")
    assert found.id == read("made.json")["sweep"]
    outcomes = open_sweep(home / "runs", found.id).outcomes()
    assert [outcome.point.config(found.config).learning_rate for outcome in outcomes] == [1e-3, 1e-2]
    assert all(outcome.accuracy is not None for outcome in outcomes)


def test_a_stored_model_keeps_its_name_and_card(home: Path) -> None:
    (model,) = list_stored(home / "models")
    assert (model.digest, model.name) == (read("made.json")["stored"], "Tuned earlier")
    content, card = open_stored(home / "models", model.digest)
    assert card["origin"] == "default"
    assert all(any(key.endswith(name) for key in parse_checkpoint(content).state_dict()) for name in NAMES)


def test_a_model_with_its_history(home: Path) -> None:
    history = load_history(home / "kept.safetensors")
    assert [snapshot.step for snapshot in history.snapshots] == [0, 1, 2, 3, 4, 5, 6]
    last = history.checkpoint(6).model.state_dict()
    for key, value in load_checkpoint(home / "kept.safetensors").model.state_dict().items():
        assert torch.equal(last[key], value)
    before = history.checkpoint(5).model.state_dict()
    assert 0 < float((before["logits.weight"] - last["logits.weight"]).abs().max()) < 0.01


def test_labeled_drawings() -> None:
    (record,) = parse_labeled((EARLIER / "drawings.json").read_bytes())
    assert record["label"] == 7
    assert record["strokes"] == [[[70, 60], [200, 60], [120, 230]]]
    assert digits_of([record]).labels.tolist() == [7]
    assert int(predict(load_model(), unpack_image(record["image"])).argmax()) == 7
