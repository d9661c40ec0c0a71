"""Parameter counts as the source documents state them, shapes by formula, refusals in words."""

import json

import pytest
import torch
from torch import nn

from cnnviz.checkpoints.format import read_header, shipped_models
from cnnviz.data.mnist import MEAN, STD
from cnnviz.errors import NetworkError
from cnnviz.io.assets import MODELS
from cnnviz.networks.layers import Dropout
from cnnviz.networks.network import (
    ConvBlock,
    NetworkConfig,
    Patches,
    build,
    layer_table,
    output_shapes,
    parameter_count,
    pool_first,
)
from cnnviz.networks.zoo import NETWORKS, TITLES, config_of

COUNTS = {
    "default": 49_514,
    "best": 459_114,
    "classic": 34_826,
    "padded": 206_922,
    "wide": 225_034,
    "eight": 174_554,
    "mlp": 669_706,
    "lenet5": 61_706,
    "vgg": 55_354,
    "resnet": 58_954,
    "vit": 60_298,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_counts(name: str) -> None:
    assert parameter_count(build(NETWORKS[name])) == COUNTS[name]
    assert sum(row.parameters for row in layer_table(NETWORKS[name])) == COUNTS[name]


ODD = NetworkConfig(
    convs=(
        ConvBlock(3, kernel=5, stride=2, padding=2, pool="none"),
        ConvBlock(4, kernel=4, padding=3, batch_norm=True, pool="average", pool_size=3),
        ConvBlock(5, kernel=2, stride=3, pool="max"),
    ),
    dense=(6,),
    dropout=0.1,
    normalize=True,
)


HYBRID = NetworkConfig(
    convs=(ConvBlock(6), ConvBlock(6, kernel=5, padding=2, pool="average", skip=True)),
    patches=Patches(side=2, width=12, rounds=1, heads=3),
    dense=(9,),
    dropout=0.2,
    activation="tanh",
    normalize=True,
)


@pytest.mark.parametrize("config", [*NETWORKS.values(), ODD, HYBRID], ids=[*NETWORKS, "odd", "hybrid"])
def test_output_shapes_are_those_of_a_real_pass(config: NetworkConfig) -> None:
    x, walked = torch.zeros(1, 1, 28, 28), {}
    for name, module in build(config).eval().named_children():
        x = module(x)
        walked[name] = tuple(x.shape[1:])
    assert output_shapes(config) == walked


def test_first_convolution_of_the_padded_net_has_160_parameters() -> None:
    row = next(row for row in layer_table(NETWORKS["padded"]) if row.name == "conv1")

    assert (row.parameters, row.shape) == (160, (16, 28, 28))


def test_layer_table_of_the_classic_net() -> None:
    rows = [(row.name, row.kind, row.shape, row.parameters) for row in layer_table(NETWORKS["classic"])]

    assert rows == [
        ("conv1", "Conv2d", (32, 26, 26), 320),
        ("relu1", "ReLU", (32, 26, 26), 0),
        ("pool1", "MaxPool2d", (32, 13, 13), 0),
        ("conv2", "Conv2d", (64, 11, 11), 18_496),
        ("relu2", "ReLU", (64, 11, 11), 0),
        ("pool2", "MaxPool2d", (64, 5, 5), 0),
        ("flatten", "Flatten", (1600,), 0),
        ("dropout1", "Dropout", (1600,), 0),
        ("logits", "Linear", (10,), 16_010),
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_are_ordered_named_layers(name: str) -> None:
    network = build(NETWORKS[name]).eval()
    x = torch.rand(3, 1, 28, 28)

    walked = x
    for _, layer in network.named_children():
        walked = layer(walked)

    assert torch.equal(walked, network(x))
    assert walked.shape == (3, 10)
    assert not any(isinstance(module, nn.Sequential) for module in network)


def test_every_network_has_a_title() -> None:
    assert TITLES.keys() == NETWORKS.keys() | {"augmented"}


def test_build_repeats_from_its_seed_and_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    first, second, other = (build(NETWORKS["eight"], seed) for seed in (1, 1, 2))

    assert torch.equal(first.conv1.weight, second.conv1.weight)
    assert not torch.equal(first.conv1.weight, other.conv1.weight)
    assert torch.equal(before, torch.get_rng_state())


def test_initialization_has_pytorchs_own_distribution() -> None:
    ours, theirs = build(NETWORKS["wide"], 0).conv2.weight.detach(), nn.Conv2d(32, 64, 3).weight.detach()

    assert float(ours.std()) == pytest.approx(float(theirs.std()), rel=0.05)
    assert float(ours.abs().max()) <= (1 / (32 * 9)) ** 0.5


def test_normalization_is_the_first_layer() -> None:
    x = torch.rand(1, 1, 28, 28)

    assert torch.allclose(build(NETWORKS["wide"]).normalize(x), (x - MEAN) / STD)


def test_json_round_trip() -> None:
    for config in (*NETWORKS.values(), HYBRID):
        assert NetworkConfig.from_json(json.loads(json.dumps(config.as_json()))) == config


def test_networks_without_blocks_are_described_as_before_there_were_any() -> None:
    for name in shipped_models():
        header = read_header((MODELS / f"{name}.safetensors").read_bytes())
        described = header["__metadata__"]["network"]
        assert json.dumps(NetworkConfig.from_json(json.loads(described)).as_json()) == described


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (NetworkConfig(convs=(ConvBlock(4, kernel=15), ConvBlock(4, kernel=15))), "conv2: a 15x15 kernel"),
        (NetworkConfig(convs=tuple(ConvBlock(4) for _ in range(4))), "conv4|pool3"),
        (NetworkConfig(convs=(ConvBlock(0),)), "filters must be a whole number"),
        (NetworkConfig(convs=(ConvBlock(4, padding=3),)), "only padding"),
        (NetworkConfig(dense=(0,)), "1 to 2,048"),
        (NetworkConfig(dropout=1.0), "below 1"),
        (NetworkConfig(dense=(2048, 2048, 2048)), "parameters"),
        (NetworkConfig(convs=(ConvBlock(4, padding=1, skip=True),)), "block1: .* 1 map, .* 1 filter"),
        (NetworkConfig(convs=(ConvBlock(4), ConvBlock(4, skip=True))), "block2: .* keep its size"),
        (NetworkConfig(convs=(ConvBlock(1, kernel=2, padding=1, skip=True),)), "keep its size"),
        (NetworkConfig(patches=Patches(side=1)), "784 words are too many"),
        (NetworkConfig(convs=(ConvBlock(2),), patches=Patches(side=14)), "does not fit on a 13x13 map"),
        (NetworkConfig(patches=Patches(heads=5)), "48 numbers cannot be shared among 5 heads"),
        (NetworkConfig(patches=Patches(rounds=0)), "rounds must be a whole number from 1 to 6"),
    ],
)
def test_impossible_networks_say_why(config: NetworkConfig, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        layer_table(config)


@pytest.mark.parametrize(
    "record", [{"convs": 3}, {"unknown": 1}, {"convs": [{"filters": "many"}]}, {"patches": 7}]
)
def test_descriptions_from_strangers_are_checked(record: dict) -> None:
    with pytest.raises(NetworkError):
        NetworkConfig.from_json(record)


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(NetworkError, match=r"alexnet.*classic"):
        config_of("alexnet")


def test_dropout_draws_from_its_own_generator() -> None:
    dropout = Dropout(0.5).train()
    dropout.generator = torch.Generator().manual_seed(0)
    x = torch.ones(10_000)

    kept = dropout(x)
    dropout.generator.manual_seed(0)

    assert torch.equal(kept, dropout(x))
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    assert float(kept.mean()) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("name", ["default", "lenet5", "mlp", "resnet", "vit"])
def test_pooling_first_gives_the_same_logits_and_gradients(name: str) -> None:
    network = build(NETWORKS[name])
    for module in network:
        if isinstance(module, Dropout):
            module.p = 0.0
    images, labels = torch.rand(20, 1, 28, 28), torch.arange(20) % 10
    found = []
    for layers in (network, pool_first(network)):
        logits = layers(images)
        loss = nn.functional.cross_entropy(logits, labels)
        found.append([logits, *torch.autograd.grad(loss, list(network.parameters()))])

    assert all(torch.equal(first, second) for first, second in zip(*found, strict=True))


def test_pooling_first_moves_only_relu_past_max_pooling() -> None:
    kinds = [type(layer).__name__ for layer in pool_first(build(NETWORKS["default"]))]

    assert kinds[:4] == ["Conv2d", "BatchNorm2d", "MaxPool2d", "ReLU"]
    lenet5 = build(NETWORKS["lenet5"])
    assert list(pool_first(lenet5)) == list(lenet5)
