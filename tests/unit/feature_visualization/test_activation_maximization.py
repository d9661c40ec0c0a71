import copy
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

import cnnviz
from cnnviz.checkpoints.format import load_model
from cnnviz.errors import ConfigError, NetworkError
from cnnviz.feature_visualization.activation_maximization import (
    Adam,
    AnnealedStep,
    Frame,
    NormalizedStep,
    Rule,
    last,
    maximize,
)
from cnnviz.feature_visualization.closed_form import optimum
from cnnviz.feature_visualization.dataset_examples import spread, top_activations
from cnnviz.feature_visualization.objectives import (
    Objective,
    Source,
    channel,
    class_logit,
    difference,
    diversity,
    evaluate_objective,
    features,
    guided,
    layer,
    neuron,
)
from cnnviz.feature_visualization.parameterization import (
    Fourier,
    GivenImage,
    ImageParameters,
    Pixels,
    Spectrum,
)
from cnnviz.feature_visualization.presets import CLASS, SHARP, digit_spectrum, optimize
from cnnviz.feature_visualization.regularizers import L1, L2, Blur, TotalVariation
from cnnviz.feature_visualization.transforms import Jitter, Pad, Rotate, Scale
from cnnviz.networks.network import Network, build
from cnnviz.networks.zoo import NETWORKS

NOISE = torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(2))
ALL_MOVES = (Pad(4), Jitter(2), Rotate(5), Scale(0.9, 1.1))


def spectrum() -> Spectrum:
    return Spectrum(digit_spectrum())


def given_noise() -> GivenImage:
    return GivenImage(NOISE)


@pytest.fixture(scope="module")
def model() -> Network:
    return load_model("default")


def objectives(model: Network) -> tuple[Objective, ...]:
    picture = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(5))
    guide = features(model, picture, ["conv2"])["conv2"][0]
    return (
        neuron("conv2", [3, 4]),
        channel("conv2", [3, 4]),
        channel("conv1", [3, 4]),
        -channel("conv2", [3, 4]),
        layer("conv2"),
        layer("relu2"),
        channel("logits", [3, 4]),
        class_logit([3, 4]),
        diversity("conv2"),
        channel("conv2", [3, 4]) + 0.5 * class_logit([1, 2]),
        guided("conv2", guide),
        difference(class_logit([3, 4]), load_model("wide")),
    )


@pytest.mark.parametrize("number", range(12))
def test_every_objective_rises_in_five_steps(model: Network, number: int) -> None:
    request = [*objectives(model)][number]
    frames = list(maximize(model, request, steps=5, every=1, seed=[1, 2]))

    assert [frame.step for frame in frames] == [0, 1, 2, 3, 4, 5]
    assert (frames[-1].values > frames[0].values).all()
    assert not frames[-1].dead.any()


@pytest.mark.parametrize("make", [Pixels, Fourier, spectrum, given_noise])
@pytest.mark.parametrize(
    "rule", [Adam(0.1), NormalizedStep(0.005), AnnealedStep(0.02, 5)], ids=lambda r: type(r).__name__
)
def test_every_way_of_writing_rises_under_every_rule(
    model: Network, make: Callable[[], ImageParameters], rule: Rule
) -> None:
    frames = list(maximize(model, channel("conv2", [3, 8]), images=make(), rule=rule, steps=8))

    assert (frames[-1].values > frames[0].values).all()
    for frame in frames:
        assert frame.images.shape == (2, 1, 28, 28)
        assert frame.images.min() >= 0
        assert frame.images.max() <= 1


@pytest.mark.parametrize("images", [Pixels(), Fourier()], ids=lambda i: type(i).__name__)
def test_a_network_that_even_gray_leaves_cold_is_woken(model: Network, images: ImageParameters) -> None:
    cold = copy.deepcopy(model)
    with torch.no_grad():
        middle = cold.norm1(cold.conv1(torch.full((1, 1, 28, 28), 0.5)))[0, :, 4:-4, 4:-4]  # (C, H, W)
        cold.norm1.bias -= middle.amax((1, 2)).clamp(min=0) + 0.2
        cold.conv2.weight[5] = 0  # nothing wakes this one

    frames = list(maximize(cold, channel("conv2", [3, 5, 8]), images=images, steps=48, every=1, seed=1))

    assert frames[1].dead.tolist() == frames[-1].dead.tolist() == [False, True, False]
    assert (frames[-1].values > frames[0].values + 0.05)[[0, 2]].all()
    assert torch.isfinite(frames[-1].images).all()


@pytest.mark.parametrize("images", [Pixels(), Fourier()], ids=lambda i: type(i).__name__)
def test_a_network_that_hardly_answers_even_gray_is_woken(model: Network, images: ImageParameters) -> None:
    """A step as large as the few answers would silence them again."""
    sleepy = copy.deepcopy(model)
    values, decode = images.begin([0], (1, 28, 28))
    with torch.no_grad():
        answers = sleepy.norm1(sleepy.conv1(decode(values)))[0]  # (C, H, W)
        sleepy.norm1.bias -= answers.flatten(1).quantile(0.998, dim=1)

    frames = list(
        maximize(sleepy, channel("conv2", range(8)), images=images, rule=NormalizedStep(0.005), steps=8)
    )

    assert (frames[-1].values > frames[0].values).all()


@pytest.mark.parametrize("transforms", [(), ALL_MOVES], ids=["still", "moving"])
@pytest.mark.parametrize("make", [Pixels, Fourier, spectrum])
def test_a_batch_gives_what_its_pictures_give_one_by_one(
    model: Network, make: Callable[[], ImageParameters], transforms: tuple[object, ...]
) -> None:
    units, seeds = [3, 17, 40, 3], [0, 1, 2, 9]
    penalties = (TotalVariation(0.1), L1(0.1), L2(0.1), Blur(0.1))
    settings = {"images": make(), "transforms": transforms, "regularizers": penalties, "steps": 12}

    together = last(maximize(model, channel("conv2", units), seed=seeds, **settings))

    for number, (unit, seed) in enumerate(zip(units, seeds, strict=True)):
        alone = last(maximize(model, channel("conv2", unit), seed=seed, **settings))
        torch.testing.assert_close(together.images[number], alone.images[0], atol=1e-5, rtol=0)
        torch.testing.assert_close(together.values[number], alone.values[0], atol=1e-5, rtol=1e-5)


def test_same_seed_same_picture(model: Network) -> None:
    first, second, other = (
        last(maximize(model, class_logit(3), transforms=ALL_MOVES, steps=6, seed=seed)) for seed in (4, 4, 5)
    )

    assert torch.equal(first.images, second.images)
    assert torch.equal(first.values, second.values)
    assert not torch.equal(first.images, other.images)


def test_values_are_those_of_the_pictures_shown(model: Network) -> None:
    request = channel("conv2", [3, 4])
    for frame in maximize(model, request, transforms=ALL_MOVES, regularizers=[L1(1.0)], steps=4, every=2):
        torch.testing.assert_close(frame.values, evaluate_objective(model, request, frame.images))


def test_frames_are_frozen_and_own_their_pictures(model: Network) -> None:
    frames = list(
        maximize(model, channel("conv2", 3), images=GivenImage(torch.rand(1, 28, 28)), steps=2, every=1)
    )

    assert not torch.equal(frames[0].images, frames[1].images)
    assert not any(frame.images.requires_grad or frame.values.requires_grad for frame in frames)
    assert [frame.last for frame in frames] == [False, False, True]
    with pytest.raises(AttributeError):
        frames[0].step = 7


def test_frames_come_every_so_often_and_at_the_end(model: Network) -> None:
    steps = [frame.step for frame in maximize(model, channel("conv1", 0), steps=10, every=4)]

    assert steps == [0, 4, 8, 10]


# ---- rules ----


def quadratic() -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    goal = torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    return torch.zeros_like(goal), lambda x: -(x - goal) * torch.arange(1.0, 17).reshape(4, 4)


def test_adam_is_pytorchs_adam() -> None:
    values, gradient = quadratic()
    reference = values.clone().requires_grad_()
    optimizer = torch.optim.Adam([reference], lr=0.05, maximize=True)
    change = Adam(0.05).begin(values)

    for _ in range(30):
        reference.grad = gradient(reference.detach())
        optimizer.step()
        values = values + change(gradient(values))

    torch.testing.assert_close(values, reference.detach(), atol=1e-6, rtol=1e-5)


def test_normalized_steps_are_equally_large_for_each_picture() -> None:
    values, gradient = quadratic()
    step = NormalizedStep(0.3).begin(values)(
        gradient(values) * torch.tensor([1.0, 1e-6, 50]).reshape(3, 1, 1, 1)
    )

    torch.testing.assert_close(step.abs().mean((1, 2, 3)), torch.full((3,), 0.3))
    assert torch.equal(NormalizedStep(0.3).begin(values)(torch.zeros_like(values)), torch.zeros_like(values))


def test_settling_steps_shrink_to_nothing() -> None:
    values, gradient = quadratic()
    change = AnnealedStep(0.1, steps=4).begin(values)
    sizes = [float(change(gradient(values)).abs().mean()) for _ in range(6)]

    assert sizes[:5] == pytest.approx([0.08, 0.06, 0.04, 0.02, 0.0], abs=1e-6)
    assert sizes[5] == 0


# ---- the model is left as found ----


class Stumbles(nn.Module):
    """A layer that fails when it, or a copy of it, is run for the third time."""

    left = 2

    def forward(self, x: Tensor) -> Tensor:
        Stumbles.left -= 1
        if Stumbles.left < 0:
            raise RuntimeError("out of paper")
        return x


METHODS: dict[str, Callable[[nn.Module], object]] = {
    "maximize": lambda model: list(maximize(model, channel("conv2", [0, 1]), steps=3)),
    "maximize with all moves": lambda model: list(
        maximize(model, -class_logit(3), transforms=ALL_MOVES, regularizers=[Blur(1.0)], steps=3)
    ),
    "climb": lambda model: list(optimize(model, class_logit([1, 2]), CLASS)),
    "sharp climb": lambda model: list(optimize(model, neuron("conv2", 1), SHARP)),
    "an iterator left half way": lambda model: next(maximize(model, channel("conv2", 0), steps=3)),
    "exact optimum": lambda model: optimum(model, "conv1", [0, 1]),
    "real digits": lambda model: top_activations(model, "conv2", torch.zeros(600, 28, 28, dtype=torch.uint8)),
    "spread": lambda model: spread(model, [class_logit(1)], torch.eye(28).expand(20, 28, 28)),
}  # fmt: skip


def traces(model: nn.Module) -> list[object]:
    """Everything about a model that a method could have changed."""
    return [
        [(name, each.clone(), each.requires_grad, each.grad) for name, each in model.named_parameters()],
        [(name, tensor.clone()) for name, tensor in model.named_buffers()],
        [(name, module.training, len(module._forward_hooks), len(module._backward_hooks))
         for name, module in model.named_modules()],
    ]  # fmt: skip


def same(first: object, second: object) -> bool:
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return torch.equal(first, second)
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return first == second


@pytest.mark.parametrize("fails", [False, True], ids=["goes well", "goes wrong"])
@pytest.mark.parametrize("method", METHODS)
def test_the_model_is_left_as_found(method: str, fails: bool) -> None:
    model = build(NETWORKS["default"], seed=3).eval()  # its parameters require gradients, as in training
    if fails:
        Stumbles.left = 2
        model.add_module("logits", nn.Sequential(model.logits, Stumbles()))
        model.add_module("conv1", nn.Sequential(Stumbles(), model.conv1))
    before, generator = traces(model), torch.get_rng_state()

    if fails:
        for _ in range(3):  # at the latest the third attempt stumbles
            try:
                METHODS[method](model)
            except (RuntimeError, NetworkError):
                break
        else:
            pytest.fail("nothing went wrong")
    else:
        METHODS[method](model)

    assert same(before, traces(model))
    assert torch.equal(generator, torch.get_rng_state())
    assert torch.is_grad_enabled()


def test_a_model_in_training_mode_gives_the_same_pictures_and_stays_so() -> None:
    model = build(NETWORKS["default"], seed=3).eval()
    expected = last(maximize(model, channel("conv1", 0), steps=2)).images

    assert torch.equal(last(maximize(model.train(), channel("conv1", 0), steps=2)).images, expected)
    assert all(module.training for module in model.modules())


def test_gradients_are_made_even_where_they_are_switched_off(model: Network) -> None:
    with torch.no_grad():
        frames = list(maximize(model, channel("conv2", 3), steps=3))

    assert frames[-1].values > frames[0].values


# ---- odd wishes ----


def test_a_dead_channel_is_reported_as_still() -> None:
    model = build(NETWORKS["classic"], seed=0).eval()
    with torch.no_grad():
        model.conv2.weight[5] = 0

    frame = last(maximize(model, channel("conv2", [5, 6]), steps=12))

    assert frame.dead.tolist() == [True, False]
    assert frame.images[0].std() < 0.05


@pytest.mark.parametrize(
    "settings",
    [{"steps": -1}, {"steps": 10**6}, {"every": 0}, {"seed": [1, 2, 3]}, {"seed": []},
     {"images": GivenImage(torch.zeros(1, 20, 20))}],
)  # fmt: skip
def test_settings_are_checked_before_the_first_frame(model: Network, settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        maximize(model, channel("conv2", [1, 2]), **settings)


def test_an_unknown_layer_is_refused(model: Network) -> None:
    with pytest.raises(NetworkError, match="conv1"):
        last(maximize(model, channel("conv7", 0)))


def test_the_last_of_no_frames() -> None:
    nothing: Iterator[Frame] = iter(())
    with pytest.raises(ConfigError):
        last(nothing)


def test_other_sizes_and_other_ways_of_looking(model: Network) -> None:
    frame = last(maximize(model, layer("relu2"), size=(1, 40, 52), steps=2))
    assert frame.images.shape == (1, 1, 40, 52)

    def look(_model: nn.Module, images: Tensor, _names: object) -> dict[str, Tensor]:
        return {"mean": images.mean((2, 3))}

    bright = last(maximize(nn.Identity().eval(), channel("mean", 2), look=look, size=(3, 8, 8), steps=30))
    assert bright.images[0, 2].mean() > 0.6
    assert abs(bright.images[0, 0].mean() - 0.5) < 0.05


def test_it_is_part_of_the_public_face() -> None:
    assert cnnviz.maximize is maximize
    assert cnnviz.Frame is Frame
    assert Source("conv1") == Source("conv1", None)
