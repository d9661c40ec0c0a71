import pytest
import torch

from cnnviz.checkpoints.format import load_model
from cnnviz.data.mnist import load_mnist
from cnnviz.errors import ConfigError
from cnnviz.feature_visualization.activation_maximization import last
from cnnviz.feature_visualization.dataset_examples import spread
from cnnviz.feature_visualization.objectives import channel, class_logit
from cnnviz.feature_visualization.parameterization import Fourier, Pixels, Spectrum
from cnnviz.feature_visualization.presets import (
    ABLATION,
    CLASS,
    MACO,
    SHARP,
    SMOOTH,
    MaximizationPreset,
    digit_spectrum,
    optimize,
)
from cnnviz.feature_visualization.regularizers import L1, Blur, TotalVariation
from cnnviz.feature_visualization.transforms import Jitter, Pad, Rotate, Scale
from cnnviz.networks.tracing import predict


def test_settings_become_transforms_and_charges() -> None:
    preset = MaximizationPreset("pixels", steps=10, jitter=3, turn=5, zoom=0.25, l1=2, variation=3, blur=4)

    assert preset.transforms() == (Pad(5), Jitter(3), Rotate(5), Scale(0.8, 1.25))
    assert preset.regularizers(0.5) == (L1(1.0), TotalVariation(1.5), Blur(2.0))
    assert isinstance(preset.images(), Pixels)
    assert isinstance(SHARP.images(), Fourier)
    assert isinstance(MACO.images(), Spectrum)
    assert not MaximizationPreset().transforms()
    assert not MaximizationPreset().regularizers()


@pytest.mark.parametrize(
    "preset", [SHARP, SMOOTH, MACO, CLASS, MaximizationPreset(steps=6, annealed=6)], ids=repr
)
def test_a_climb_counts_its_steps_and_rises(preset: MaximizationPreset) -> None:
    frames = list(optimize(load_model(), channel("conv2", [0, 9]), preset, every=4, scale=0.01))

    steps = [frame.step for frame in frames]
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, preset.steps)
    assert all(frame.steps == preset.steps for frame in frames)
    assert (frames[-1].values > frames[0].values).all()
    assert frames[-1].last
    assert not frames[-1].dead.any()


@pytest.mark.parametrize(("name", "filters", "share"), [("default", 64, 0.55), ("augmented", 8, 0.7)])
def test_settling_makes_pixels_black_and_white_and_reaches_more(
    name: str, filters: int, share: float
) -> None:
    """How many it makes so hangs on the network: where its ReLU bend, gray is best."""
    request, model = channel("conv2", range(filters)), load_model(name)
    waves = last(optimize(model, request, MaximizationPreset(steps=SHARP.steps)))
    settled = last(optimize(model, request, SHARP))

    decided = ((settled.images < 0.02) | (settled.images > 0.98)).float().mean()
    undecided = ((waves.images < 0.02) | (waves.images > 0.98)).float().mean()
    assert decided > share > undecided + 0.2
    assert (settled.values > waves.values).all()


def test_all_of_a_climb_is_the_same_alone_and_in_a_batch() -> None:
    model = load_model()
    together = last(optimize(model, channel("conv2", [4, 8]), SHARP))
    alone = last(optimize(model, channel("conv2", 8), SHARP))

    torch.testing.assert_close(together.values[1], alone.values[0], atol=1e-4, rtol=1e-4)


def test_the_bench_switches_one_trick_at_a_time() -> None:
    recipes = list(ABLATION.values())
    assert {preset.writing for preset in recipes} == {"pixels", "fourier", "spectrum"}
    assert len({preset.steps for preset in recipes}) == 1
    assert len(set(recipes)) == len(recipes)


def test_impossible_recipes_are_refused() -> None:
    with pytest.raises(ConfigError):
        MaximizationPreset(steps=4, annealed=5)
    with pytest.raises(ConfigError):
        optimize(load_model(), channel("conv2", [0, 1]), SHARP, seed=[1])


def test_spectrum_is_that_of_digits() -> None:
    magnitude = digit_spectrum()

    assert magnitude.shape == (28, 15)
    assert float(magnitude[0, 0]) / 784 == pytest.approx(0.13, abs=0.01)  # MNIST's mean brightness
    assert magnitude[0, 1] > 5 * magnitude[0, 14]


def test_an_independent_referee_reads_the_class_pictures() -> None:
    """At least nine of the ten digits, made by one network, are read by another one."""
    model, referee = load_model("default"), load_model("best")
    digits, real = torch.arange(10), load_mnist().test.images[:500].float() / 255
    scale = spread(model, [class_logit(digit) for digit in range(10)], real)
    request = class_logit(digits.repeat_interleave(4).tolist())
    frame = last(optimize(model, request, CLASS, seed=[0, 1, 2, 3] * 10, scale=scale, every=CLASS.steps))
    best = frame.values.reshape(10, 4).argmax(1) + torch.arange(10) * 4

    read = predict(referee, frame.images[best, 0]).argmax(1)

    assert int((read == digits).sum()) >= 9
