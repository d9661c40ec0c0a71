"""The fast NumPy network computes what the readable one computes."""

import numpy as np
import pytest

from cnnviz.labs.numpy_cnn.fast import FastNetwork
from cnnviz.labs.numpy_cnn.readable import adam, backward, forward, initial_parameters, no_memory


@pytest.mark.parametrize("count", [1, 7, 64])
def test_gradients_and_probabilities_are_the_readable_ones(count: int) -> None:
    generator = np.random.default_rng(count)
    # Three gray levels, so that many windows tie.
    images = (generator.integers(0, 3, (count, 28, 28)) / 2).astype(np.float32)
    labels = generator.integers(0, 10, count)
    parameters = initial_parameters(count)
    passed = forward(parameters, images)
    wanted, _ = backward(parameters, passed, labels)

    network = FastNetwork(parameters)
    loss, right = network.compute_gradients(images, labels)

    for name, gradient in network.gradients().items():
        np.testing.assert_allclose(gradient, wanted[name], atol=2e-6, rtol=2e-5)
    np.testing.assert_allclose(network.probabilities(images), passed.probabilities, atol=1e-6)
    true = passed.probabilities[np.arange(count), labels]
    assert loss == pytest.approx(-np.log(true).mean(), rel=1e-4)
    assert right == (passed.probabilities.argmax(1) == labels).sum()


def test_steps_are_the_readable_ones() -> None:
    generator = np.random.default_rng(0)
    parameters = initial_parameters(0)
    network, memory = FastNetwork(parameters), no_memory(parameters)
    for _ in range(8):
        images = generator.random((16, 28, 28)).astype(np.float32)
        labels = generator.integers(0, 10, 16)
        gradients, _ = backward(parameters, forward(parameters, images), labels)
        parameters, memory = adam(parameters, gradients, memory, 1e-3)
        network.step(images, labels, 1e-3)

    for name, values in network.parameters().items():
        np.testing.assert_allclose(values, parameters[name], atol=2e-5)


def test_parameters_are_its_own() -> None:
    parameters = initial_parameters(0)
    network = FastNetwork(parameters)
    before = network.parameters()
    network.step(np.ones((4, 28, 28), np.float32), np.arange(4), 1e-2)

    assert np.array_equal(before["dense"], parameters["dense"])
    assert not np.array_equal(network.parameters()["dense"], before["dense"])
