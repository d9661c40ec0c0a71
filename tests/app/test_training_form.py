"""The train page's left side: recipes, the network editor, every setting, and what cannot work."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.data.augmentation import Augmentation, augment
from cnnviz.data.mnist import load_mnist
from cnnviz.networks.network import (
    ConvBlock,
    NetworkConfig,
    Patches,
    build as build_network,
    parameter_count,
    shape_title,
)
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import run_dir
from cnnviz.runs.engine import LocalEngine
from cnnviz.training.config import TrainConfig
from cnnviz.training.recipes import RECIPES
from cnnviz.training.schedule import learning_rate_at
from cnnviz.ui.pages.train.form import OWN
from cnnviz.ui.runs.charts import curve
from cnnviz.ui.runs.form_state import FIRST
from cnnviz.ui.runs.program import program
from cnnviz.ui.widgets.code_panel import with_imports
from tests.support.payload import picture
from tests.support.text import menu

Go = Callable[..., AppTest]
OWN_NETWORK = NetworkConfig(
    convs=(ConvBlock(6, kernel=5, stride=2, padding=1, pool="none"), ConvBlock(8, batch_norm=True)),
    dense=(20,),
    dropout=0.25,
    activation="tanh",
    normalize=True,
)
OWN_CONFIG = TrainConfig(
    network=OWN_NETWORK,
    epochs=3,
    optimizer="momentum",
    momentum=0.8,
    augmentation=Augmentation(shift=1.5, elastic=0.5, share=0.75),
    class_shares=(1.0, 0.5, 0, 1, 1, 1, 1, 1, 1, 0.1),
    patience=4,
    keep_best=True,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the app under test keeps its runs."""
    return tmp_path / "runs"


@pytest.fixture(autouse=True)
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker has tests of its own."""
    monkeypatch.setattr(LocalEngine, "_start", lambda *_: None)


def started(app: AppTest, root: Path) -> TrainConfig:
    """The configuration of the run that Start begins."""
    app.button(key="train_start").click().run()
    assert not app.exception
    run = run_dir.find(root, app.query_params["run"])
    return TrainConfig.from_json(run.read("config")["config"])


def part(app: AppTest, kind: str, name: str) -> Any:
    """A widget of the editor, whose keys carry the number of the network it was drawn for."""
    (found,) = [widget for widget in getattr(app, kind) if str(widget.key).endswith(f"_{name}")]
    return found


def layers(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["Layer"])


# ---- recipes ----


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_sets_everything(go: Go, root: Path, name: str) -> None:
    app = go("train")
    menu(app, "selectbox", "train_recipe").select(name).run()

    assert not app.exception
    assert menu(app, "selectbox", "train_recipe").value == name
    assert started(app, root) == RECIPES[name]


def test_changed_recipe_is_ones_own(go: Go) -> None:
    app = go("train")
    app.number_input(key="setting_epochs").set_value(7).run()
    assert menu(app, "selectbox", "train_recipe").value == OWN
    app.number_input(key="setting_epochs").set_value(RECIPES[FIRST].epochs).run()
    assert menu(app, "selectbox", "train_recipe").value == FIRST


def test_every_setting_arrives_and_survives_another_page(go: Go, root: Path) -> None:
    app = go("train")
    app.selectbox(key="setting_optimizer").select("momentum").run()
    app.number_input(key="setting_momentum").set_value(0.8)
    app.selectbox(key="setting_schedule").select("cosine")
    app.number_input(key="setting_batch_size").set_value(100)
    app.number_input(key="setting_weight_decay").set_value(0.01)
    app.number_input(key="setting_label_smoothing").set_value(0.1)
    app.number_input(key="setting_patience").set_value(3)
    app.selectbox(key="setting_precision").select("bfloat16")
    app.toggle(key="setting_keep_best").set_value(True)
    app.number_input(key="setting_seed").set_value(5)
    app.select_slider(key="setting_train_size").set_value(20_000)
    app.number_input(key="setting_validation_size").set_value(1_500)
    app.selectbox(key="setting_data").select("mnist+pen").run()
    app.number_input(key="setting_pen_variants").set_value(3)
    app.number_input(key="setting_share_7").set_value(20)
    app.slider(key="setting_rotate").set_value(12.0)
    app.slider(key="setting_share").set_value(0.5)
    app.run()
    app.switch_page("pages/draw.py").run()
    app.switch_page("pages/train.py").run()

    assert started(app, root) == replace(
        RECIPES[FIRST],
        optimizer="momentum",
        momentum=0.8,
        schedule="cosine",
        batch_size=100,
        weight_decay=0.01,
        label_smoothing=0.1,
        patience=3,
        precision="bfloat16",
        keep_best=True,
        seed=5,
        train_size=20_000,
        validation_size=1_500,
        data="mnist+pen",
        pen_variants=3,
        class_shares=(1, 1, 1, 1, 1, 1, 1, 0.2, 1, 1),
        augmentation=Augmentation(rotate=12, share=0.5),
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"learning_rate": 1e9}, "Learning rate must be from 0.000001 to 10."),
        ({"learning_rate": 0.0}, "Learning rate must be from"),
        ({"batch_size": 0}, "Batch size must be from 1 to 2,048."),
        ({"epochs": 0}, "Epochs must be from 1 to 100."),
        ({"validation_size": 60_000}, "Validation size must be from 0 to 30,000."),
        ({"validation_size": 0, "patience": 2}, "need validation digits"),
        ({f"share_{digit}": 0 for digit in range(10)}, "At least two digits"),
        ({"share_3": 120}, "each from 0 to 1"),
    ],
)
def test_impossible_settings_are_a_sentence(go: Go, values: dict[str, float], sentence: str) -> None:
    app = go("train")
    for name, value in values.items():
        app.number_input(key=f"setting_{name}").set_value(value)
    app.run()

    assert not app.exception
    assert [sentence in error.value for error in app.error] == [True]
    assert app.button(key="train_start").disabled
    assert {name: app.number_input(key=f"setting_{name}").value for name in values} == values


# ---- the network editor ----


def test_editing_a_network_layer_by_layer(go: Go, root: Path) -> None:
    app = go("train")
    app.selectbox(key="setting_network").select("padded").run()
    assert layers(app)[0] == "conv1"
    part(app, "button", "drop_dense_0").click().run()
    part(app, "button", "up_conv_1").click().run()
    part(app, "number_input", "conv_0_kernel").set_value(5).run()
    part(app, "segmented_control", "conv_0_pool").set_value("average").run()
    part(app, "number_input", "conv_0_pool_size").set_value(3).run()
    part(app, "toggle", "conv_1_batch_norm").set_value(True).run()
    part(app, "button", "add_conv").click().run()
    part(app, "number_input", "conv_2_filters").set_value(9).run()
    part(app, "button", "add_dense").click().run()
    part(app, "number_input", "dense_0_units").set_value(33).run()
    part(app, "segmented_control", "activation").set_value("tanh").run()
    part(app, "number_input", "dropout").set_value(0.3).run()
    part(app, "toggle", "normalize").set_value(True).run()

    expected = NetworkConfig(
        convs=(
            ConvBlock(32, kernel=5, padding=1, pool="average", pool_size=3),
            ConvBlock(16, padding=1, batch_norm=True),
            ConvBlock(9, padding=1, batch_norm=True, pool="none"),
        ),
        dense=(33,),
        dropout=0.3,
        activation="tanh",
        normalize=True,
    )
    assert app.selectbox(key="setting_network").value == "own"
    assert layers(app) == [name for name, _ in build_network(expected).named_children()]
    assert sum(app.dataframe[0].value["Parameters"]) == parameter_count(build_network(expected))
    assert picture(app, "train_filters")[1].shape == (32, 5, 5)
    part(app, "button", "drop_conv_0").click().run()
    assert started(app, root).network == replace(expected, convs=expected.convs[1:])


def test_skip_connections_and_attention_are_edited_like_any_layer(go: Go, root: Path) -> None:
    app = go("train")
    app.selectbox(key="setting_network").select("resnet").run()
    assert "block4" in layers(app)
    part(app, "toggle", "conv_3_skip").set_value(False).run()
    assert "conv4" in layers(app)
    part(app, "number_input", "conv_2_filters").set_value(24).run()
    assert "block3: a skip connection adds what came in, 32 maps" in app.error[0].value
    part(app, "number_input", "conv_2_filters").set_value(32).run()
    part(app, "button", "add_patches").click().run()
    part(app, "number_input", "patches_heads").set_value(5).run()
    assert "48 numbers cannot be shared among 5 heads" in app.error[0].value
    part(app, "number_input", "patches_width").set_value(20).run()

    resnet = NETWORKS["resnet"]
    convs = (*resnet.convs[:3], replace(resnet.convs[3], skip=False))
    expected = replace(resnet, convs=convs, patches=Patches(side=1, width=20, heads=5))
    assert not app.error
    assert layers(app) == [name for name, _ in build_network(expected).named_children()]
    assert started(app, root).network == expected


def test_kernel_larger_than_its_map_says_where_and_loses_nothing(go: Go) -> None:
    app = go("train")
    before = picture(app, "train_filters")[1]
    part(app, "number_input", "conv_1_kernel").set_value(15).run()

    assert not app.exception
    assert [error.value for error in app.error] == [
        "conv2: a 15x15 kernel does not fit on a 12x12 map with padding 0."
    ]
    assert app.button(key="train_start").disabled
    assert part(app, "number_input", "conv_1_kernel").value == 15
    assert np.array_equal(picture(app, "train_filters")[1], before)
    part(app, "number_input", "conv_1_kernel").set_value(3).run()
    assert not app.error
    assert menu(app, "selectbox", "train_recipe").value == FIRST


def test_no_layer_at_all_is_a_network_too(go: Go) -> None:
    app = go("train")
    for name in ("drop_conv_1", "drop_conv_0", "drop_dense_0"):
        part(app, "button", name).click().run()

    assert not app.exception
    assert not app.error
    assert layers(app) == ["flatten", "logits"]


def test_too_many_layers_are_a_sentence(go: Go) -> None:
    app = go("train")
    for _ in range(5):
        part(app, "button", "add_dense").click().run()

    assert not app.exception
    assert ["At most 6 convolutions and 4 hidden dense layers." in error.value for error in app.error] == [
        True
    ]


# ---- augmentation ----


def test_preview_shows_what_training_does(go: Go) -> None:
    app = go("train", digit="7")
    app.slider(key="setting_shift").set_value(2.0)
    app.slider(key="setting_elastic").set_value(1.0)
    app.run()

    shown = picture(app, "augmentation_versions")[1]
    digit = load_mnist().test.images[7].float() / 255
    config = Augmentation(shift=2, elastic=1)
    changed = augment(digit.expand(7, 1, 28, 28), config, torch.Generator().manual_seed(0))[:, 0]
    assert np.allclose(shown[0], digit, atol=1e-6)
    assert np.allclose(shown[1:], changed, atol=1e-6)
    next(button for button in app.button if button.label == "Other versions").click().run()
    other = picture(app, "augmentation_versions")[1]
    assert np.array_equal(other[0], shown[0])
    assert not np.allclose(other[1:], shown[1:])


def test_augmentation_presets_set_the_sliders(go: Go) -> None:
    app = go("train")
    assert menu(app, "segmented_control", "augmentation_preset").value == "None"
    menu(app, "segmented_control", "augmentation_preset").set_value("Mild").run()
    assert app.slider(key="setting_rotate").value == 8
    app.slider(key="setting_rotate").set_value(9.0).run()
    assert menu(app, "segmented_control", "augmentation_preset").value is None


# ---- the code, the curve, the names ----


@pytest.mark.parametrize("config", [*RECIPES.values(), OWN_CONFIG], ids=[*RECIPES, "own"])
def test_program_makes_the_same_configuration(config: TrainConfig) -> None:
    head, _, _ = with_imports(program(config)).partition("for progress")
    names: dict[str, object] = {}
    exec(head, names)
    assert names["config"] == config


def test_program_of_an_edited_network_says_only_what_differs() -> None:
    assert "ConvBlock(filters=8, batch_norm=True)" in program(OWN_CONFIG)


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine", "one_cycle"])
def test_rate_curve_is_the_schedule(schedule: Any) -> None:
    config = replace(OWN_CONFIG, schedule=schedule, epochs=4)
    points = curve(config)

    assert points["epoch"][-1] == 4
    assert points["rate"][50] == learning_rate_at(config, 500, 1_000)


def test_networks_have_short_names() -> None:
    assert shape_title(OWN_NETWORK) == "6/8, dense 20"
    assert shape_title(NETWORKS["mlp"]) == "dense 512/512"
    assert shape_title(NetworkConfig()) == "no hidden layer"
