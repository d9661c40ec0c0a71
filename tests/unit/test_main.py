"""The command line trains, evaluates and predicts on real data."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from cnnviz.__main__ import main
from cnnviz.checkpoints.format import load_checkpoint
from cnnviz.data.mnist import load_mnist
from cnnviz.io.assets import ASSETS
from cnnviz.io.images import encode_png
from cnnviz.labs.architectures import catalogue
from cnnviz.training.history import load_history


def test_predict_reads_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits = load_mnist().test
    path = tmp_path / "digit.png"
    path.write_bytes(encode_png(np.asarray(digits.images[0])))

    assert main(["predict", str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == str(int(digits.labels[0]))


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "none.png"],
        ["predict", __file__],
        ["evaluate", "no-such-model"],
        ["sweep", "eight", "--over", "colour=1,2"],
        ["sweep", "eight", "--over", "learning_rate=0.1,20"],
        ["train-capsules", "--epochs", "0"],
    ],
)
def test_problems_are_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1

    error = capsys.readouterr().err
    assert error.startswith("cnnviz: ")
    assert "Traceback" not in error
    assert len(error.splitlines()) == 1


def test_train_saves_a_model_with_its_card_and_history(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "eight", "--epochs", "1", "--seed", "3", "--history", "--out", str(tmp_path)]) == 0

    checkpoint = load_checkpoint("eight", tmp_path)
    figures = checkpoint.card["test"]["mnist"]
    assert figures["n"] == 10_000
    assert figures["accuracy"] > 0.9
    assert checkpoint.card["seed"] == 3
    assert "saved" in capsys.readouterr().out

    history = load_history("eight", tmp_path)
    before, after = (history.checkpoint(index).model.state_dict() for index in (0, history.last))
    assert len(history.snapshots) > 8
    assert all(torch.equal(value, after[name]) for name, value in checkpoint.model.state_dict().items())
    assert not torch.equal(before["conv1.weight"], after["conv1.weight"])


@pytest.mark.parametrize("name", ["pen-pictures", "references"])
def test_pictures_made_again_are_the_carried_ones(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build-assets", name, "--out", str(tmp_path)]) == 0

    path = tmp_path / f"{name}.npz"
    assert capsys.readouterr().out.split() == [str(path)]
    with np.load(path) as made, np.load(ASSETS / path.name) as carried:
        assert made.files == carried.files
        assert all(np.array_equal(made[name], carried[name]) for name in carried.files)


def test_a_gallery_made_again_is_the_carried_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one network; all ten take minutes."""
    monkeypatch.setattr(catalogue, "ARCHITECTURES", {"lenet5": catalogue.ARCHITECTURES["lenet5"]})
    assert main(["build-assets", "architectures", "--out", str(tmp_path)]) == 0

    carried = json.loads((ASSETS / "architectures.json").read_text())
    assert json.loads((tmp_path / "architectures.json").read_text()) == {"lenet5": carried["lenet5"]}


def test_sweep_prints_every_point_and_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    rates = ["--over", "learning_rate=0.000001,0.003", "--over", "epochs=1,2"]
    assert main(["sweep", "eight", "--digits", "500", *rates]) == 0

    *points, best = capsys.readouterr().out.splitlines()
    assert [line.rpartition(":")[0] for line in points] == [
        "Learning rate 1e-06, epochs 1",
        "Learning rate 0.003, epochs 1",
        "Learning rate 1e-06, epochs 2",
        "Learning rate 0.003, epochs 2",
    ]
    assert best == "best of 4 on 2,000 digits: Learning rate 0.003, epochs 2"
