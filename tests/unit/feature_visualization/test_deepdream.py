"""The dream engine: octaves, steps, masks, guides, and everything it must leave alone."""

from collections import OrderedDict
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz import load_model
from cnnviz.data.mnist import load_mnist
from cnnviz.errors import ConfigError, ImageError, NetworkError
from cnnviz.feature_visualization.activation_maximization import last
from cnnviz.feature_visualization.deepdream import (
    DreamFrame,
    DreamStep,
    blurred,
    default_layer,
    digit_canvas,
    digit_mask,
    dream,
    guide,
    octave_sizes,
    saturation,
    zoom,
)
from cnnviz.feature_visualization.objectives import (
    Objective,
    channel,
    class_logit,
    evaluate_objective,
    features,
    layer,
)
from cnnviz.io.photos import load_photo
from cnnviz.networks.imagenet import load_imagenet
from cnnviz.networks.network import build
from cnnviz.networks.zoo import NETWORKS

SMALL = {"octaves": 2, "steps": 3, "every": 1}


def network() -> nn.Sequential:
    """Two convolutions on color pictures; small enough for hundreds of steps."""
    torch.manual_seed(0)
    parts = {"conv1": nn.Conv2d(3, 6, 3), "relu1": nn.ReLU(), "conv2": nn.Conv2d(6, 8, 3, stride=2)}
    return nn.Sequential(OrderedDict(parts)).eval()


def picture(height: int = 60, width: int = 48) -> Tensor:
    return 0.3 + 0.4 * torch.rand(3, height, width, generator=torch.Generator().manual_seed(1))


def final(*args: object, **options: object) -> DreamFrame:
    found = last(dream(*args, **options))  # type: ignore[arg-type]
    assert isinstance(found, DreamFrame)
    return found


# ---- octaves ----


def test_octaves_grow_to_the_full_size_and_stop_at_28_pixels() -> None:
    assert octave_sizes(384, 256, 4, 1.4) == [(140, 93), (196, 131), (274, 183), (384, 256)]
    assert octave_sizes(100, 60, 6, 1.4) == [(51, 31), (71, 43), (100, 60)]
    assert octave_sizes(28, 28, 5, 2.0) == [(28, 28)]


def test_frames_count_every_step_of_every_octave() -> None:
    frames = list(dream(network(), picture(), layer("conv2"), octaves=3, ratio=1.3, steps=4, every=2))
    assert [frame.step for frame in frames] == [0, 2, 4, 6, 8, 10, 12]
    assert [frame.octave for frame in frames] == [1, 1, 1, 2, 2, 3, 3]
    assert {frame.images.shape for frame in frames} == {(1, 3, 60, 48)}
    assert frames[-1].last
    assert frames[-1].size == (60, 48)
    assert all(frame.steps == 12 and frame.octaves == 3 for frame in frames)


def test_frame_zero_is_the_picture_itself() -> None:
    image = picture()
    assert torch.equal(next(dream(network(), image, layer("conv2"))).images[0], image)


def test_only_the_detail_is_carried_so_that_the_picture_stays_sharp() -> None:
    """With almost no strength the full octave must not be the enlarged small one."""
    image = picture()
    found = final(network(), image, layer("conv2"), octaves=3, strength=1e-6)
    torch.testing.assert_close(found.images[0], image, atol=1e-4, rtol=0)


def test_one_step_of_one_octave_is_the_textbook_step() -> None:
    image, model, objective = picture(), network(), layer("conv2")
    found = final(model, image, objective, octaves=1, steps=1, jitter=0, smooth=0.0, strength=1.0)
    leaf = image[None].clone().requires_grad_()
    activation = model(leaf)
    (gradient,) = torch.autograd.grad(activation.square().mean(), leaf)
    expected = leaf.detach() + gradient / gradient.abs().mean() / 255
    torch.testing.assert_close(found.images, expected, atol=1e-6, rtol=0)
    assert float((found.images - image).abs().mean()) == pytest.approx(1 / 255, rel=1e-4)


def test_jitter_does_not_shift_the_picture() -> None:
    image = picture()
    plain = final(network(), image, layer("conv2"), octaves=1, jitter=0, strength=0.1).images
    shifted = final(network(), image, layer("conv2"), octaves=1, jitter=10, strength=0.1).images
    assert float((plain - shifted).abs().mean()) < 0.005
    assert not torch.equal(plain, shifted)


# ---- what rises ----


def objectives() -> list[Objective]:
    return [
        layer("conv1"),
        layer("conv2"),
        channel("conv2", 3),
        -channel("conv2", 3),
        channel("conv1", 0) + 0.5 * channel("conv1", 1),
        guide(network(), "conv2", picture(40, 40)),
    ]


@pytest.mark.parametrize("number", range(6))
def test_every_objective_rises_in_five_steps(number: int) -> None:
    objective = objectives()[number]
    frames = list(dream(network(), picture(), objective, octaves=1, steps=5, every=5, jitter=4))
    assert frames[-1].values > frames[0].values


@pytest.mark.parametrize("name", ["stem", "block2", "block6", "block11", "block15"])
def test_layers_of_the_imagenet_network_rise(name: str) -> None:
    photo = load_photo("cat", 96)
    frames = list(dream(load_imagenet(), photo, layer(name), octaves=1, steps=5, every=5, jitter=8))
    assert frames[-1].values > frames[0].values


def test_a_class_of_the_imagenet_network_rises() -> None:
    photo = load_photo("forest", 96)
    frames = list(dream(load_imagenet(), photo, class_logit(281), octaves=1, steps=5, every=5))
    assert frames[-1].values > frames[0].values + 1


def test_a_digit_turns_into_another_class() -> None:
    model, image = load_model(), load_mnist().test.images[18] / 255
    found = final(model, image, class_logit(9), octaves=1, steps=20, strength=4.0, jitter=1)
    assert int(model(found.images).argmax()) == 9


@pytest.mark.parametrize("name", sorted(name for name in NETWORKS if name != "mlp"))
def test_digits_dream_in_every_network_with_convolutions(name: str) -> None:
    canvas = digit_canvas(load_mnist().test.images[18] / 255, 84)
    model = build(NETWORKS[name]).eval()
    frames = list(dream(model, canvas, mask=digit_mask(canvas), octaves=2, steps=3, jitter=4))
    assert not torch.equal(frames[-1].images, frames[0].images)


def test_a_guide_is_met_by_its_best_matching_feature() -> None:
    model, image, other = network(), picture(32, 32), picture(36, 40)
    ours = features(model, image[None], ["conv2"])["conv2"][0].flatten(1).T  # (H*W, C)
    theirs = features(model, other[None], ["conv2"])["conv2"][0].flatten(1)  # (C, h*w)
    best = torch.stack([torch.stack([cell @ each for each in theirs.T]).max() for cell in ours]).mean()
    value = evaluate_objective(model, guide(model, "conv2", other), image[None])
    torch.testing.assert_close(value, best[None])


# ---- same seed, same picture ----


def test_same_seed_same_picture_other_seed_another() -> None:
    pictures = [final(network(), picture(), layer("conv2"), seed=seed, **SMALL).images for seed in (0, 0, 1)]
    assert torch.equal(pictures[0], pictures[1])
    assert not torch.equal(pictures[0], pictures[2])


def test_how_often_frames_are_asked_for_does_not_matter() -> None:
    often = final(network(), picture(), layer("conv2"), octaves=2, steps=6, every=1)
    seldom = final(network(), picture(), layer("conv2"), octaves=2, steps=6, every=100)
    assert torch.equal(often.images, seldom.images)


def test_the_global_generator_is_left_alone() -> None:
    model, state = network(), torch.get_rng_state()
    final(model, picture(), layer("conv2"), **SMALL)
    assert torch.equal(state, torch.get_rng_state())


# ---- what must stay as it is ----


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_left_as_found(fails: bool) -> None:
    model = network()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    frames = dream(model, picture(), layer("nowhere" if fails else "conv2"), **SMALL)
    if fails:
        with pytest.raises(NetworkError, match="nowhere"):
            list(frames)
    else:
        list(frames)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert not model.training
    assert not any(module._forward_hooks for module in model.modules())


def test_no_more_of_the_network_is_run_than_needed() -> None:
    class Bomb(nn.Module):
        def forward(self, _images: Tensor) -> Tensor:
            raise AssertionError("run for nothing")

    parts = {**dict(network().named_children()), "bomb": Bomb()}
    final(nn.Sequential(OrderedDict(parts)).eval(), picture(), layer("conv2"), **SMALL)


def test_a_dead_unit_leaves_the_picture_and_says_so() -> None:
    model = network()
    with torch.no_grad():
        model.get_submodule("conv2").get_parameter("weight")[3] = 0
    found = final(model, picture(), channel("conv2", 3), **SMALL)
    assert bool(found.dead.all())
    torch.testing.assert_close(found.images[0], picture())
    assert not bool(final(model, picture(), channel("conv2", 2), **SMALL).dead.any())


def test_mask_holds_pixels() -> None:
    mask = torch.zeros(60, 48)
    mask[:, 24:] = 1
    found = final(network(), picture(), layer("conv2"), octaves=1, steps=4, mask=mask, smooth=0.0)
    changed = (found.images[0] - picture()).abs().amax(0) > 0
    assert not changed[:, :24].any()
    assert changed[:, 24:].float().mean() > 0.9


def test_values_stay_in_range_and_saturation_is_told() -> None:
    found = final(network(), picture(), layer("conv2"), octaves=1, steps=30, strength=20.0, jitter=2)
    assert float(found.images.min()) >= 0
    assert float(found.images.max()) <= 1
    assert saturation(found.images) > 0.3
    assert saturation(picture()) == 0


# ---- the step ----


def test_blur_is_a_gaussian() -> None:
    point = torch.zeros(1, 2, 21, 25)
    point[0, :, 10, 12] = 1
    rows, columns = torch.meshgrid(torch.arange(21) - 10, torch.arange(25) - 12, indexing="ij")
    bell = torch.exp(-(rows**2 + columns**2) / (2 * 1.5**2))
    expected = bell / bell.sum()
    found = blurred(point, 1.5)
    torch.testing.assert_close(found[0, 0], expected, atol=1e-4, rtol=0)
    assert torch.equal(found[0, 0], found[0, 1])
    assert blurred(point, 0.0) is point
    torch.testing.assert_close(blurred(torch.full((1, 1, 5, 5), 0.3), 4.0), torch.full((1, 1, 5, 5), 0.3))


def test_step_goes_no_further_than_the_range() -> None:
    start = torch.tensor([[[[0.0, 0.999], [0.5, 0.5]]]])
    change = DreamStep(0.1).begin(start)
    gradient = torch.tensor([[[[-1.0, 1.0], [1.0, -1.0]]]])
    after = start + change(gradient)
    torch.testing.assert_close(after, torch.tensor([[[[0.0, 1.0], [0.6, 0.4]]]]))
    after = after + change(-gradient)
    torch.testing.assert_close(after, torch.tensor([[[[0.1, 0.9], [0.5, 0.5]]]]))


# ---- digits and films ----


def test_digit_mask_is_free_on_the_strokes_and_firm_far_from_them() -> None:
    image = torch.zeros(28, 28)
    image[4:24, 13:16] = 1
    canvas = digit_canvas(image, 84)
    mask = digit_mask(canvas, 0.7)
    assert canvas.shape == (1, 84, 84)
    assert float(mask[42, 43]) == 1
    assert float(mask[42, 2]) == pytest.approx(0.3, abs=1e-3)
    assert torch.equal(digit_mask(canvas, 0.0), torch.ones(84, 84))
    with pytest.raises(ConfigError):
        digit_mask(canvas, 2.0)


def test_zoom_steps_closer_at_every_picture() -> None:
    model, image = network(), picture()
    frames = list(zoom(model, image, layer("conv2"), frames=3, closer=1.25, steps=1, strength=1e-6))
    assert [frame.step for frame in frames] == [0, 1, 2, 3]
    assert torch.equal(frames[0].images[0], image)
    middle = F.interpolate(image[None, :, 6:-6], (60, 48), mode="bilinear", align_corners=False)  # only rows
    assert frames[1].images.shape == middle.shape
    means = [float(frame.images.std()) for frame in frames]
    assert all(later < earlier for earlier, later in pairwise(means))  # enlarged noise gets smoother


def test_zoom_without_closer_and_strength_stands_still() -> None:
    image = picture()
    found = last(zoom(network(), image, layer("conv2"), frames=2, closer=1.0, strength=0.0))
    torch.testing.assert_close(found.images[0], image, atol=1e-5, rtol=0)


def test_default_layer_is_a_convolution() -> None:
    assert default_layer(load_model()) == "conv2"
    assert default_layer(load_imagenet()) == "block11"
    with pytest.raises(NetworkError, match="no convolution"):
        default_layer(build(NETWORKS["mlp"]))


# ---- bad input: said before the first frame ----


@pytest.mark.parametrize(
    "image",
    [
        torch.zeros(3, 1, 1),
        torch.zeros(3, 27, 100),
        torch.zeros(3, 2000, 100),
        torch.zeros(4, 60, 60),
        torch.zeros(2, 3, 60, 60),
        torch.full((3, 60, 60), 255.0),
        torch.full((3, 60, 60), torch.nan),
    ],
)
def test_unfit_pictures_are_refused(image: Tensor) -> None:
    with pytest.raises(ImageError):
        dream(network(), image, layer("conv2"))


@pytest.mark.parametrize(
    "setting",
    [
        {"octaves": 0},
        {"octaves": 9},
        {"ratio": 1.0},
        {"steps": 0},
        {"strength": -1.0},
        {"strength": float("nan")},
        {"jitter": 65},
        {"smooth": 9.0},
        {"every": 0},
        {"mask": torch.ones(3, 3)},
    ],
)
def test_settings_out_of_range_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        dream(network(), picture(), layer("conv2"), **setting)  # type: ignore[arg-type]


def test_a_model_in_training_mode_dreams_the_same_and_stays_so() -> None:
    model, settings = network(), {"octaves": 1, "steps": 2}
    expected = last(dream(model, picture(), layer("conv2"), **settings)).images

    assert torch.equal(last(dream(model.train(), picture(), layer("conv2"), **settings)).images, expected)
    assert all(module.training for module in model.modules())


def test_pictures_for_another_network_are_refused() -> None:
    with pytest.raises(NetworkError):
        list(dream(network(), torch.zeros(1, 40, 40), layer("conv2")))
