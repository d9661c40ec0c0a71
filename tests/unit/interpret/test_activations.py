import pytest
import torch
from torch import Tensor

from cnnviz.data.mnist import load_mnist
from cnnviz.errors import NetworkError
from cnnviz.interpret.activations import dead, find, histogram, limits, measure, order, stages, strongest_cell
from cnnviz.networks.network import build
from cnnviz.networks.tracing import Trace, trace
from cnnviz.networks.zoo import NETWORKS


def traced(name: str) -> Trace:
    return trace(build(NETWORKS[name], 2).eval(), load_mnist().test.images[18].float() / 255)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("default", ["conv1", "pool1", "conv2", "pool2", "logits"]),
        ("padded", ["conv1", "pool1", "conv2", "pool2", "dense1", "logits"]),
        ("eight", ["conv1", "pool1", "dense1", "logits"]),
        ("mlp", ["dense1", "dense2", "logits"]),
        ("lenet5", ["conv1", "pool1", "conv2", "pool2", "dense1", "dense2", "logits"]),
        ("resnet", ["conv1", "block2", "block3", "pool3", "block4", "pool4", "logits"]),
        ("vit", ["patches", "attention1", "attention2", "pool1", "norm1", "logits"]),
    ],
)
def test_every_network_has_its_stages(name: str, expected: list[str]) -> None:
    assert [stage.name for stage in stages(traced(name))] == expected


@pytest.mark.parametrize("name", NETWORKS)
def test_after_is_what_the_activation_makes_of_before(name: str) -> None:
    model, passed = build(NETWORKS[name], 2).eval(), traced(name)
    doings = {"ReLU": torch.relu, "tanh": torch.tanh, "softmax": lambda logits: logits.softmax(0)}
    found = stages(passed)
    for stage in found:
        if stage.doing in doings:
            assert torch.equal(stage.after, doings[stage.doing](stage.before))
        elif "pooling" in stage.doing:
            side = model.get_submodule(stage.name).kernel_size
            assert stage.after.shape[-1] == stage.before.shape[-1] // side
        else:
            last = model.get_submodule(stage.source)
            torch.testing.assert_close(stage.after, last(stage.before[None])[0].detach())
    assert torch.equal(found[-1].after, passed.probabilities)


def test_batch_norm_belongs_to_its_convolution() -> None:
    passed = traced("default")
    stage = find(stages(passed), "conv2")

    assert stage.layers == ("conv2", "norm2", "relu2")
    assert stage.source == "relu2"
    assert torch.equal(stage.before, passed["norm2"].output)
    assert stage.maps
    assert not find(stages(passed), "logits").maps


def test_a_stage_is_found_by_any_of_its_layers() -> None:
    found = stages(traced("default"))

    assert find(found, "relu1") is find(found, "norm1") is found[0]
    with pytest.raises(NetworkError, match="no layer called 'conv7'; choose one of conv1, pool1"):
        find(found, "conv7")


def with_values(before: Tensor) -> Trace:
    """The 'eight' network's trace with other maps in front of its first ReLU."""
    passed = traced("eight")
    layers = dict(passed.layers)
    layers["relu1"] = type(layers["relu1"])("relu1", "ReLU", before, before.relu())
    return Trace(passed.image, layers)


def test_measures_orders_and_dead_units() -> None:
    before = torch.tensor([[[1.0, -3.0]], [[-1.0, -2.0]], [[4.0, 0.0]], [[2.0, 3.0]]])
    stage = stages(with_values(before))[0]

    assert measure(stage.before).low.tolist() == [-3, -2, 0, 2]
    assert measure(stage.after).high.tolist() == [1, 0, 4, 3]
    assert measure(stage.after).mean.tolist() == [0.5, 0, 2, 2.5]
    assert dead(stage).tolist() == [False, True, False, False]
    assert order(stage, "index").tolist() == [0, 1, 2, 3]
    assert order(stage, "maximum").tolist() == [2, 3, 0, 1]
    assert order(stage, "mean").tolist() == [3, 2, 0, 1]


def test_limits_of_unit_layer_and_network() -> None:
    before = torch.tensor([[[1.0, -3.0]], [[-1.0, -2.0]], [[4.0, 0.0]], [[2.0, 3.0]]])
    found = stages(with_values(before))

    # The dead second unit passes nothing, so in front of ReLU it has its own.
    assert [limit.tolist() for limit in limits(found, found[0], "unit")] == [[1, 2, 4, 3], [1, 0, 4, 3]]
    assert [limit.tolist() for limit in limits(found, found[0], "layer")] == [[4] * 4] * 2
    largest = max(float(stage.after.abs().max()) for stage in found if stage.doing != "softmax")
    assert [limit.tolist() for limit in limits(found, found[0], "network")] == [[largest] * 4] * 2


def test_scales_that_differ_are_not_shared() -> None:
    found = stages(traced("lenet5"))
    before, after = limits(found, found[0], "layer")
    assert before[0] == found[0].before.abs().max()
    assert after[0] == found[0].after.abs().max()

    for scope in ("layer", "network"):
        logits, probabilities = limits(found, found[-1], scope)
        assert logits.tolist() == [float(found[-1].before.abs().max())] * 10
        assert probabilities.tolist() == [float(found[-1].after.max())] * 10


def test_dense_units_are_measured_one_by_one() -> None:
    stage = stages(traced("mlp"))[0]

    assert torch.equal(measure(stage.before).mean, stage.before)
    assert torch.equal(dead(stage), stage.after == 0)
    assert torch.equal(limits([stage], stage, "unit")[1], stage.after)
    assert torch.equal(limits([stage], stage, "unit")[0], stage.before.abs())


def test_histogram_counts_every_value_once_and_zeros_apart() -> None:
    values = torch.tensor([[0.0, 0.0, 0.5], [1.0, 2.0, 4.0]])
    found = histogram(values, bins=4)

    assert found.zeros == 2
    assert found.edges.tolist() == [0, 1, 2, 3, 4]
    assert found.counts.tolist() == [1, 1, 1, 1]
    signed = histogram(torch.tensor([[-2.0, 2.0]]), bins=2)
    assert signed.edges.tolist() == [-2, 0, 2]
    assert histogram(torch.zeros(3, 3)).zeros == 9
    assert int(histogram(torch.zeros(3, 3)).counts.sum()) == 0
    assert histogram(torch.tensor([[-1.0, -0.5]]), bins=2).edges.tolist() == [-1, -0.5, 0]


def test_the_strongest_cell() -> None:
    assert strongest_cell(torch.tensor([[0.0, 1.0], [3.0, 3.0]])) == (1, 0)
