"""What people hand to the library from a notebook: models in training mode, odd arrays, wrong settings.

Every public function runs a model in evaluation mode and leaves it as it was, whatever comes of it; and
what cannot work is refused with an error of ours, in a sentence.
"""

import copy
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import cnnviz
from cnnviz import TrainConfig, dream, evaluate, fit, load_model, maximize, predict, to_digit, trace
from cnnviz.checkpoints.format import parse_checkpoint, serialize
from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.errors import CheckpointError, CnnvizError, ConfigError, DataError, ImageError, NetworkError
from cnnviz.evaluation.metrics import features, logits_of
from cnnviz.evaluation.ood import OodDetector
from cnnviz.feature_visualization.activation_maximization import last
from cnnviz.feature_visualization.closed_form import optimum
from cnnviz.feature_visualization.dataset_examples import spread, top_activations
from cnnviz.feature_visualization.deepdream import guide, zoom
from cnnviz.feature_visualization.objectives import channel, class_logit, difference, layer as whole_layer
from cnnviz.interpret.activations import stages
from cnnviz.interpret.deconvnet import strongest, unpool
from cnnviz.interpret.filters import kernels_of, partial_response
from cnnviz.interpret.pooling import average, logit_gradient, survivors, winners
from cnnviz.interpret.receptive_fields import map_stride, receptive_field
from cnnviz.interpret.stroke_replay import replay
from cnnviz.interpret.translation import shift_effects
from cnnviz.labs.architectures.profiler import measure_module
from cnnviz.labs.architectures.race import train_contestants
from cnnviz.labs.architectures.skip_connections import train_pair
from cnnviz.labs.capsules.network import build_capsules
from cnnviz.labs.capsules.training import CapsuleConfig, fit_capsules, read_capsules
from cnnviz.labs.invariance import accuracy_curve, equivariance, film, layer_changes
from cnnviz.networks.config import ConvBlock, NetworkConfig
from cnnviz.networks.network import Network, build
from cnnviz.training.finetuning import FinetuneConfig, finetune, moved

SMALL = NetworkConfig(
    convs=(ConvBlock(4, batch_norm=True), ConvBlock(6, batch_norm=True)), dense=(16,), dropout=0.5
)
DIGITS = load_mnist().train[:40]
BYTES, LABELS = DIGITS.images, DIGITS.labels
FLOATS, IMAGE = DIGITS.pixels(), DIGITS.pixels()[0]
STROKES = [np.array([[60, 60], [140, 150], [150, 220]], np.float32)]
OBJECTIVE = channel("conv2", [0, 3])


def network() -> Network:
    """In training mode but for one layer, with gradients, and with running statistics of its own."""
    model = build(SMALL, seed=1).train()
    model.norm2.eval()
    model(torch.rand(8, 1, 28, 28, generator=torch.Generator().manual_seed(0))).sum().backward()
    model.conv2.requires_grad_(False)
    model.dense1.register_forward_hook(lambda *_: None)
    return model


def condition(model: nn.Module) -> dict[str, Any]:
    """All that must be as it was."""
    tensors = [*model.named_parameters(), *model.named_buffers()]
    return {
        "tensors": {name: (id(tensor), tensor.stride(), tensor.detach().clone()) for name, tensor in tensors},
        "gradients": {
            name: (tensor.requires_grad, None if tensor.grad is None else tensor.grad.clone())
            for name, tensor in tensors
        },
        "modules": {
            name: (
                module.training,
                *(len(hooks) for kind, hooks in sorted(vars(module).items()) if kind.endswith("_hooks")),
            )
            for name, module in model.named_modules()
        },
    }


def same(first: Any, second: Any) -> bool:
    if isinstance(first, Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, tuple | list):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def numbers(result: Any) -> list[Tensor]:
    """Every tensor in a result, in order."""
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, nn.Module):
        return list(result.state_dict().values())
    if isinstance(result, bool | int | float):
        return [torch.tensor(result)]
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, str) or result is None:
        return []
    if not isinstance(result, Iterable) and hasattr(result, "__dict__"):
        result = list(vars(result).values())
    return [tensor for part in result for tensor in numbers(part)] if isinstance(result, Iterable) else []


# ---- whatever runs a model leaves it as it was ----

RUNS: dict[str, Callable[[Network], Any]] = {
    "predict": lambda model: predict(model, FLOATS),
    "trace": lambda model: [record.output for record in trace(model, IMAGE)],
    "evaluate": lambda model: evaluate(model, BYTES, LABELS),
    "logits_of": lambda model: logits_of(model, BYTES),
    "features": lambda model: features(model, FLOATS),
    "OodDetector": lambda model: OodDetector.of(model).ood_scores(BYTES),
    "maximize": lambda model: last(maximize(model, OBJECTIVE, steps=2)),
    "maximize a difference": lambda model: last(
        maximize(build(SMALL).eval(), difference(OBJECTIVE, model), steps=2)
    ),
    "dream": lambda model: last(dream(model, FLOATS[0], whole_layer("conv1"), octaves=1, steps=2)),
    "zoom": lambda model: last(zoom(model, FLOATS[0], whole_layer("conv1"), frames=1, octaves=1, steps=1)),
    "guide": lambda model: guide(model, "conv1", IMAGE).score,
    "top_activations": lambda model: top_activations(model, "conv2", BYTES).best,
    "spread": lambda model: spread(model, [class_logit(3)], FLOATS),
    "optimum": lambda model: optimum(model, "conv1", [0, 1]),
    "shift_effects": lambda model: shift_effects(model, IMAGE, "pool2", [(1, 0), (0, 2)]),
    "winners": lambda model: winners(model, trace(model, IMAGE)["pool1"]),
    "average": lambda model: average(model, trace(model, IMAGE)["pool1"]),
    "logit_gradient": lambda model: logit_gradient(model, trace(model, IMAGE), "pool1", 3),
    "unpool": lambda model: (
        passed := trace(model, IMAGE),
        unpool(model, passed, "pool2", strongest(passed["pool2"].output, 3)),
    )[1],
    "stages": lambda model: stages(trace(model, IMAGE)),
    "kernels_of": lambda model: kernels_of(model, "conv2", 1),
    "partial_response": lambda model: partial_response(model, "conv1", 0, 0, IMAGE[None]),
    "replay": lambda model: replay(model, STROKES, [20.0]).probabilities[-1],
    "film": lambda model: film(model, IMAGE, "rotate", [-10, 0, 10]),
    "accuracy_curve": lambda model: list(accuracy_curve(model, DIGITS, "right", [0, 2])),
    "layer_changes": lambda model: layer_changes(model, IMAGE, [(1, 1)]),
    "equivariance": lambda model: equivariance(model, IMAGE, "conv1", 2, 0),
    "finetune": lambda model: [
        tuned.network for tuned in finetune(model, DIGITS, DIGITS, FinetuneConfig(steps=2), 1)
    ],
    "moved": lambda model: moved(model, model),
    "measure_module": lambda model: measure_module(model, (1, 28, 28)).multiply_adds,
    "serialize": lambda model: parse_checkpoint(serialize(model)),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_model_in_training_mode_gives_what_it_gives_in_evaluation_mode_and_stays_as_it_was(
    name: str,
) -> None:
    model = network()
    evaluation = copy.deepcopy(model).eval().requires_grad_(False)
    before, state = condition(model), torch.get_rng_state()

    found, expected = numbers(RUNS[name](model)), numbers(RUNS[name](evaluation))

    assert same(found, expected)
    assert same(condition(model), before)
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(tensor.requires_grad for tensor in found)


@pytest.mark.parametrize("images", [BYTES, FLOATS, FLOATS[:, None], FLOATS.double(), FLOATS.numpy()])
def test_pictures_of_every_kind_are_the_same_pictures(images: Any) -> None:
    model = build(SMALL).eval()

    torch.testing.assert_close(predict(model, images), predict(model, FLOATS))
    assert evaluate(model, images, LABELS).loss == pytest.approx(evaluate(model, FLOATS, LABELS).loss)
    assert trace(model, images[0]).probabilities.sum() == pytest.approx(1)


def test_numpy_views_with_negative_strides_and_read_only_arrays_are_pictures() -> None:
    model, array = build(SMALL).eval(), FLOATS.numpy()
    turned = torch.from_numpy(array[:, ::-1, ::-1].copy())
    frozen = array[0].copy()
    frozen.flags.writeable = False

    assert torch.equal(predict(model, array[:, ::-1, ::-1]), predict(model, turned))
    assert torch.equal(trace(model, array[0, ::-1]).image, FLOATS[0].flip(0))
    assert torch.equal(predict(model, frozen), predict(model, FLOATS[0]))
    assert torch.equal(to_digit(array[0, :, ::-1]).image, to_digit(FLOATS[0].flip(1).numpy()).image)
    assert (
        evaluate(model, array[::-1], LABELS.numpy()[::-1]).accuracy == evaluate(model, BYTES, LABELS).accuracy
    )


def test_training_on_floats_is_training_on_their_bytes() -> None:
    config = TrainConfig(network=SMALL, epochs=1, batch_size=16, train_size=200, validation_size=50)
    floats = Digits(FLOATS, LABELS)

    *_, on_bytes = fit(config, DIGITS, DIGITS[:10], records=1)
    *_, on_floats = fit(config, floats, floats[:10], records=1)
    *_, on_channels = fit(config, Digits(BYTES[:, None], LABELS), Digits(FLOATS[:10, None], LABELS[:10]), 1)

    for progress in (on_floats, on_channels):
        assert same(progress.state, on_bytes.state)
        assert progress.validation_loss == on_bytes.validation_loss


# ---- what cannot work is said in a sentence ----

NAN = FLOATS[:3].clone().index_fill_(0, torch.tensor([1]), torch.nan)
IMAGES: dict[str, Any] = {
    "another size": FLOATS[:, :27],
    "three channels": FLOATS[:3][None],
    "none": FLOATS[:0],
    "no dimensions": torch.tensor(0.5),
    "flat": FLOATS.flatten(1),
    "NaN": NAN,
    "infinite": FLOATS[:3] / 0,
    "beyond 1": FLOATS * 255,
    "negative": FLOATS - 0.5,
    "whole numbers": BYTES.long(),
    "complex": FLOATS.to(torch.complex64),
    "words": "seven",
    "nothing": None,
    "objects": np.array([object()]),
    "ragged": [[0.0], [0.0, 1.0]],
}
MODELS: dict[str, Any] = {
    "a name": "default",
    "nothing": None,
    "weights": build(SMALL).state_dict(),
    "a class": Network,
    "for color pictures": nn.Sequential(OrderedDict(conv2=nn.Conv2d(3, 4, 3), logits=nn.Linear(4, 10))),
}
LABELLED: dict[str, Any] = {
    "fewer": LABELS[:-1],
    "from 1": LABELS.long() + 10,
    "negative": LABELS.long() - 10,
    "floats": LABELS.float(),
    "truths": LABELS > 3,
    "one-hot": torch.eye(10)[LABELS.long()].long(),
    "one": 3,
    "words": ["three"] * 40,
    "nothing": None,
}
ON_IMAGES: dict[str, Callable[[Network, Any], Any]] = {
    "predict": predict,
    "trace": trace,
    "evaluate": lambda model, images: evaluate(model, images, LABELS),
    "top_activations": lambda model, images: top_activations(model, "conv1", images),
    "shift_effects": lambda model, images: shift_effects(model, images, "pool1", [(1, 0)]),
    "film": lambda model, images: film(model, images, "right", [1]),
    "layer_changes": lambda model, images: layer_changes(model, images, [(1, 0)]),
    "equivariance": lambda model, images: equivariance(model, images, "conv1", 1, 0),
    "fit": lambda _, images: fit(CONFIG, Digits(images, LABELS), DIGITS),
    "fit, validation": lambda _, images: fit(CONFIG, DIGITS, Digits(images, LABELS)),
    "finetune": lambda model, images: finetune(model, Digits(images, LABELS), DIGITS, FinetuneConfig()),
    "accuracy_curve": lambda model, images: list(accuracy_curve(model, Digits(images, LABELS), "right", [0])),
    "race": lambda _, images: train_contestants(Digits(images, LABELS), DIGITS),
    "train_pair": lambda _, images: train_pair(4, Digits(images, LABELS), DIGITS),
    "fit_capsules": lambda _, images: fit_capsules(CapsuleConfig(), Digits(images, LABELS), DIGITS),
    "read_capsules": lambda _, images: read_capsules(build_capsules(0), images),
    "is_ood": lambda model, images: OodDetector(model, FLOATS, FLOATS, 0).is_ood(images),
}
CONFIG = TrainConfig(network=SMALL, epochs=1, batch_size=16, train_size=200, validation_size=50)
ON_MODELS: dict[str, Callable[[Any], Any]] = {
    "predict": lambda model: predict(model, FLOATS),
    "trace": lambda model: trace(model, IMAGE),
    "evaluate": lambda model: evaluate(model, BYTES, LABELS),
    "features": lambda model: features(model, BYTES),
    "maximize": lambda model: list(maximize(model, OBJECTIVE, steps=1)),
    "dream": lambda model: list(dream(model, IMAGE, whole_layer("conv2"), octaves=1, steps=1)),
    "guide": lambda model: guide(model, "conv2", IMAGE),
    "difference": lambda model: list(maximize(build(SMALL), difference(OBJECTIVE, model), steps=1)),
    "top_activations": lambda model: top_activations(model, "conv2", BYTES),
    "optimum": lambda model: optimum(model, "conv2", 0),
    "replay": lambda model: replay(model, STROKES, [20.0]),
    "film": lambda model: film(model, IMAGE, "right", [0]),
    "finetune": lambda model: finetune(model, DIGITS, DIGITS, FinetuneConfig()),
}
SETTINGS: dict[str, Callable[[Network], Any]] = {
    "an unknown model": lambda _: load_model("defualt"),
    "no name": lambda _: load_model(""),
    "a number for a name": lambda _: load_model(7),  # type: ignore[arg-type]
    "a folder": lambda _: load_model("/.safetensors"),
    "an odd path": lambda _: load_model("\0.safetensors"),
    "a stage there is not": lambda _: to_digit(FLOATS[0].numpy(), without="middle"),
    "a picture of words": lambda _: to_digit("seven"),  # type: ignore[arg-type]
    "a picture of objects": lambda _: to_digit(np.array([[None]])),
    "a picture beyond its range": lambda _: to_digit(np.full((9, 9), 300)),
    "a configuration by name": lambda _: fit("fast", DIGITS, DIGITS),  # type: ignore[arg-type]
    "half an epoch": lambda _: TrainConfig(epochs=1.5),  # type: ignore[arg-type]
    "a batch size in words": lambda _: TrainConfig(batch_size="large"),  # type: ignore[arg-type]
    "a rate that is no number": lambda _: TrainConfig(learning_rate=float("nan")),
    "a network by name": lambda _: TrainConfig(network="default"),  # type: ignore[arg-type]
    "shares that are no list": lambda _: TrainConfig(class_shares=None),  # type: ignore[arg-type]
    "no record": lambda _: fit(CONFIG, DIGITS, DIGITS, records=0),
    "digits of another kind": lambda _: fit(CONFIG, (BYTES, LABELS), DIGITS),  # type: ignore[arg-type]
    "no digits": lambda _: fit(CONFIG, DIGITS[:0], DIGITS),
    "another network's position": lambda _: fit(CONFIG, DIGITS, DIGITS, resume=_position()),
    "tuning half a step": lambda _: FinetuneConfig(steps=1.5),  # type: ignore[arg-type]
    "tuning without settings": lambda model: finetune(model, DIGITS, DIGITS, None),  # type: ignore[arg-type]
    "tuning on nothing": lambda model: finetune(model, DIGITS[:0], DIGITS, FinetuneConfig()),
    "replaying nothing": lambda model: finetune(model, DIGITS, DIGITS[:0], FinetuneConfig()),
    "tuning a layer there is not": lambda model: finetune(
        model, DIGITS, DIGITS, FinetuneConfig(learning_from="conv9")
    ),
    "an objective in words": lambda model: maximize(model, "conv2"),  # type: ignore[arg-type]
    "a layer there is not": lambda model: list(maximize(model, channel("conv9", 0))),
    "a channel there is not": lambda model: list(maximize(model, channel("conv2", 99))),
    "half a step": lambda model: maximize(model, OBJECTIVE, steps=0.5),  # type: ignore[arg-type]
    "a seed in words": lambda model: maximize(model, OBJECTIVE, seed="x"),  # type: ignore[arg-type]
    "a seed too many": lambda model: maximize(model, OBJECTIVE, seed=[1, 2, 3]),
    "a size of two": lambda model: maximize(model, OBJECTIVE, size=(28, 28)),  # type: ignore[arg-type]
    "a size that does not fit": lambda model: list(maximize(model, class_logit(0), size=(1, 40, 40))),
    "a picture with two channels": lambda model: dream(model, torch.zeros(2, 40, 40)),
    "a picture too small": lambda model: dream(model, torch.zeros(1, 9, 9)),
    "a picture of NaN": lambda model: dream(model, torch.full((1, 40, 40), torch.nan)),
    "a dream in words": lambda model: dream(model, "forest"),  # type: ignore[arg-type]
    "octaves in words": lambda model: dream(model, IMAGE, octaves="two"),  # type: ignore[arg-type]
    "half an octave": lambda model: dream(model, IMAGE, octaves=1.5),  # type: ignore[arg-type]
    "no digit to keep": lambda model: top_activations(model, "conv1", BYTES, count=0),
    "a field there is not": lambda model: receptive_field(model, "conv9"),
    "a cell there is not": lambda model: receptive_field(model, "conv1", 99, 0),
    "a stride there is not": lambda model: map_stride(model, "conv9"),
    "a pool there is not": lambda model: shift_effects(model, IMAGE, "conv1", [(1, 0)]),
    "a kernel there is not": lambda model: kernels_of(model, "pool1"),
    "an input channel there is not": lambda model: kernels_of(model, "conv1", 5),
    "a filter there is not": lambda model: partial_response(model, "conv1", 99, 0, IMAGE[None]),
    "a logit there is not": lambda model: logit_gradient(model, trace(model, IMAGE), "pool1", 10),
    "survivors of no pool": lambda model: survivors(
        model, "conv9", winners(model, trace(model, IMAGE)["pool1"])
    ),
    "a change there is not": lambda model: film(model, IMAGE, "up", [1]),
    "racers there are not": lambda _: train_contestants(DIGITS, DIGITS, names=["tortoise"]),
    "a race by another measure": lambda _: train_contestants(DIGITS, DIGITS, "steps"),  # type: ignore[arg-type]
    "a race without turns": lambda _: train_contestants(DIGITS, DIGITS, turn=0),
    "a pair without a pace": lambda _: train_pair(4, DIGITS, DIGITS, every=0),
    "a depth beyond all": lambda _: train_pair(1000, DIGITS, DIGITS),
}


def _position() -> Any:
    other = replace(CONFIG, network=NetworkConfig(dense=(8,)))
    return next(fit(other, DIGITS, DIGITS, records=1)).position()


def refused(call: Callable[[], Any]) -> CnnvizError:
    with pytest.raises(CnnvizError) as raised:
        call()
    message = str(raised.value)
    assert len(message) > 15
    assert "\n" not in message
    assert message.endswith(".")
    return raised.value


@pytest.mark.parametrize("name", ON_IMAGES)
@pytest.mark.parametrize("images", IMAGES)
def test_pictures_that_are_none_are_refused(name: str, images: str) -> None:
    model = network()
    before = condition(model)

    error = refused(lambda: ON_IMAGES[name](model, IMAGES[images]))

    assert isinstance(error, ImageError | DataError)
    assert same(condition(model), before)


@pytest.mark.parametrize("name", ON_MODELS)
@pytest.mark.parametrize("model", MODELS)
def test_models_that_are_none_are_refused(name: str, model: str) -> None:
    assert isinstance(refused(lambda: ON_MODELS[name](MODELS[model])), NetworkError | ConfigError)


@pytest.mark.parametrize("labels", LABELLED)
def test_labels_that_are_none_are_refused(labels: str) -> None:
    model, digits = network(), Digits(BYTES, LABELLED[labels])

    for call in (
        lambda: evaluate(model, BYTES, LABELLED[labels]),
        lambda: fit(CONFIG, digits, DIGITS),
        lambda: fit(CONFIG, DIGITS, digits),
        lambda: finetune(model, digits, DIGITS, FinetuneConfig()),
        lambda: train_contestants(digits, DIGITS),
        lambda: fit_capsules(CapsuleConfig(), digits, DIGITS),
    ):
        assert isinstance(refused(call), DataError)


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_cannot_work_are_refused(name: str) -> None:
    model = network()
    before = condition(model)

    refused(lambda: SETTINGS[name](model))

    assert same(condition(model), before)


def test_a_batch_of_one_is_refused_where_a_layer_would_compare_it_with_itself() -> None:
    deep = NetworkConfig(
        convs=(
            *(ConvBlock(8, padding=1, batch_norm=True) for _ in range(4)),
            ConvBlock(8, padding=1, batch_norm=True, pool="none"),
        )
    )
    config = replace(CONFIG, network=deep)

    for size in (1, 13):  # 40 digits: three batches of 13, and one left over
        with pytest.raises(ConfigError, match="norm5 normalizes"):
            fit(replace(config, batch_size=size), DIGITS, DIGITS)
    assert [progress.step for progress in fit(replace(config, batch_size=20), DIGITS, DIGITS, 1)] == [0, 1, 2]
    assert list(fit(replace(CONFIG, batch_size=13), DIGITS, DIGITS[:0], 1))[-1].step == 4  # larger maps can


def test_weights_whose_answers_are_no_numbers_are_refused() -> None:
    model = build(SMALL)
    model.norm1.running_var[0] = -1e-3

    with pytest.raises(CheckpointError, match="not numbers"):
        parse_checkpoint(serialize(model))


def test_every_public_function_is_tried_here() -> None:
    functions = {name for name in cnnviz.__all__ if not isinstance(getattr(cnnviz, name), type)}

    assert functions == {"dream", "evaluate", "fit", "load_model", "maximize", "predict", "to_digit", "trace"}
