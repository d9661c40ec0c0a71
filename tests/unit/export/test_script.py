"""The exported programs, run without cnnviz, arrive where cnnviz arrived."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cnnviz.checkpoints.format import load_model
from cnnviz.data.augmentation import Augmentation
from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.evaluation.metrics import evaluate
from cnnviz.export.files import digits_file, state_dict_file
from cnnviz.export.script import PEN_FILE, loading_script, training_script
from cnnviz.networks.network import ConvBlock, Network, NetworkConfig
from cnnviz.networks.zoo import NETWORKS
from cnnviz.training.config import TrainConfig
from cnnviz.training.datasets import load_parts
from cnnviz.training.loop import fit
from cnnviz.training.recipes import RECIPES
from cnnviz.training.schedule import LearningRateChange, TrainingControl
from tests.support.programs import RUNNER, write_idx_files

SMALL = TrainConfig(epochs=1, batch_size=64, train_size=600, validation_size=50, seed=7)
ODD = NetworkConfig(
    convs=(ConvBlock(4, kernel=5, stride=2, padding=2, batch_norm=True, pool="average"), ConvBlock(6)),
    dense=(20,),
    dropout=0.3,
    normalize=True,
)
CONFIGS = {
    "classic": SMALL,
    "reader": replace(
        SMALL,
        network=NETWORKS["default"],
        optimizer="adamw",
        learning_rate=1e-2,
        schedule="one_cycle",
        weight_decay=0.02,
        augmentation=RECIPES["default"].augmentation,
    ),
    "odd": replace(
        SMALL,
        network=ODD,
        epochs=2,
        optimizer="momentum",
        momentum=0.8,
        schedule="cosine",
        learning_rate=0.05,
        label_smoothing=0.1,
        augmentation=Augmentation(shift=2, share=0.6),
    ),
    "steered": replace(
        SMALL, network=NETWORKS["lenet5"], optimizer="sgd", learning_rate=0.5, schedule="step"
    ),
    "mixed": replace(SMALL, network=ODD, precision="bfloat16"),
    "resnet": replace(SMALL, network=NETWORKS["resnet"], train_size=300),
    "vit": replace(SMALL, network=NETWORKS["vit"], optimizer="adamw"),
}
PEN = replace(SMALL, data="mnist+pen", class_shares=(0.0, 0.5, *[1.0] * 7, 0.01))
TESTED = 1_000  # test digits
LAST_STEPS = {"steered": 7}
CHANGES = {"steered": [LearningRateChange(3, factor=0.5), LearningRateChange(6, rate=0.2)]}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, torch.Tensor], float]]:
    """Each program's name -> the weights it wrote (if any) and the accuracy it printed."""
    folder = tmp_path_factory.mktemp("programs")
    write_idx_files(folder / "data" / "MNIST" / "raw", TESTED)
    for name, config in CONFIGS.items():
        (folder / f"{name}.py").write_text(_script(config, name))
    (folder / "pen.py").write_text(training_script(PEN, "pen"))
    (folder / PEN_FILE).write_bytes(digits_file(some_pen_digits()))
    (folder / "shipped.py").write_text(loading_script(load_model("wide").config, "shipped"))
    (folder / "shipped.pt").write_bytes(state_dict_file(load_model("wide")))
    programs = [f"{name}.py" for name in (*CONFIGS, "pen", "shipped")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
    command = [sys.executable, "-c", RUNNER, *programs]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    parts = done.stdout.split("## ")[1:]
    return {
        part.split(".py")[0]: (
            torch.load(folder / f"{part.split('.py')[0]}.pt", weights_only=True),
            float(re.search(r"test accuracy ([\d.]+)%", part)[1]) / 100,
        )
        for part in parts
    }


def _script(config: TrainConfig, name: str) -> str:
    return training_script(config, name, steps=LAST_STEPS.get(name), changes=CHANGES.get(name, ()))


def some_pen_digits() -> Digits:
    return load_mnist().test[:300]  # any digits will do here


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


Results = dict[str, tuple[dict[str, torch.Tensor], float]]


@pytest.mark.parametrize("name", [*CONFIGS, "pen"])
def test_same_weights_and_accuracy(name: str, results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.training.datasets.pen_training_digits", lambda *_: some_pen_digits())
    config = CONFIGS.get(name, PEN)
    training, validation = load_parts(config)
    steps = LAST_STEPS.get(name)
    records = fit(config, training, validation, control=TrainingControl(CHANGES.get(name, ())))
    last = [record for record in records if steps in (None, record.step)][-1]

    weights, accuracy = results[name]

    assert weights.keys() == last.state.keys()
    for key, value in last.state.items():
        torch.testing.assert_close(weights[key], value, atol=1e-5, rtol=0, msg=key)
    network = Network(config.network)
    network.load_state_dict(last.state)
    test = load_mnist().test[:TESTED]
    assert accuracy == pytest.approx(evaluate(network, test.images, test.labels).accuracy, abs=1.1e-3)


def test_loading_program_measures_a_shipped_model(results: Results) -> None:
    test = load_mnist().test[:TESTED]
    report = evaluate(load_model("wide"), test.images, test.labels)
    assert results["shipped"][1] == pytest.approx(report.accuracy, abs=5e-5)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_has_a_program_that_python_and_ruff_like(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.py"
    path.write_text(training_script(RECIPES[name], name, 0.9876))
    (tmp_path / "loading.py").write_text(loading_script(RECIPES[name].network, name))

    assert "98.76% of MNIST's test digits" in path.read_text()
    assert (PEN_FILE in path.read_text()) == (RECIPES[name].data == "mnist+pen")
    rules = ["--isolated", "--line-length", "110", "--select", "E,W,F,I,B"]
    for command in (["check", *rules], ["format", "--isolated", "--check", "--line-length", "110"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(tmp_path)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
