"""The readable NumPy network against PyTorch, finite differences and counting."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from cnnviz.data.mnist import load_mnist
from cnnviz.labs.numpy_cnn import readable
from cnnviz.labs.numpy_cnn.gradient_check import compare, torch_gradients
from cnnviz.labs.numpy_cnn.readable import (
    POOLED,
    SHAPES,
    Parameters,
    adam,
    backward,
    cross_entropy,
    forward,
    initial_parameters,
    no_memory,
)


def digits(count: int, kind: type = np.float32) -> tuple[NDArray[np.floating], NDArray[np.integer]]:
    part = load_mnist().train[:count]
    return part.pixels().numpy().astype(kind), part.labels.numpy()


def loss(parameters: Parameters, images: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    return cross_entropy(forward(parameters, images).probabilities, labels)


def in_double(parameters: Parameters) -> Parameters:
    return {name: values.astype(np.float64) for name, values in parameters.items()}


def test_every_step_forward_is_pytorchs() -> None:
    parameters, (images, _) = initial_parameters(3), digits(20)
    passed = forward(parameters, images)

    weights = {name: torch.from_numpy(values) for name, values in parameters.items()}
    convolved = F.conv2d(
        torch.from_numpy(images)[:, None], weights["filters"][:, None], weights["filter_bias"]
    )
    pooled, places = F.max_pool2d(convolved.relu(), 2, return_indices=True)
    hidden = F.linear(pooled.flatten(1), weights["dense"], weights["dense_bias"]).relu()
    logits = F.linear(hidden, weights["output"], weights["output_bias"])

    np.testing.assert_allclose(passed.convolved, convolved, atol=1e-6)
    np.testing.assert_allclose(passed.pooled, pooled, atol=1e-6)
    np.testing.assert_allclose(passed.hidden, hidden, atol=1e-5)
    np.testing.assert_allclose(passed.probabilities, logits.softmax(1), atol=1e-6)
    assert np.array_equal(_places(passed.winners), numpy_cnn_places(passed.maps))
    assert passed.flat.shape == (20, POOLED)
    assert places.shape == passed.pooled.shape


def _places(winners: NDArray[np.bool_]) -> NDArray[np.integer]:
    """Index of each winner in its flattened (26, 26) map."""
    assert (winners.sum(-1) == 1).all(), "one winner a window"
    corner = winners.argmax(-1)
    half = np.arange(winners.shape[2])
    return (2 * half[:, None] + corner // 2) * 2 * len(half) + 2 * half[None] + corner % 2


def numpy_cnn_places(maps: NDArray[np.floating]) -> NDArray[np.integer]:
    """PyTorch's own winners on these very maps."""
    _, places = F.max_pool2d(torch.from_numpy(maps), 2, return_indices=True)
    return places.numpy()


def test_the_first_of_equals_wins_as_in_pytorch() -> None:
    """Two levels only: nearly every window is a tie."""
    maps = np.random.default_rng(0).integers(0, 2, (4, 8, 26, 26)).astype(np.float32)
    pooled, winners = readable.pool(maps)

    source = torch.from_numpy(maps).requires_grad_()
    F.max_pool2d(source, 2).sum().backward()

    assert np.array_equal(_places(winners), numpy_cnn_places(maps))
    assert np.array_equal(readable.route(np.ones_like(pooled), winners), source.grad)


@pytest.mark.parametrize("seed", [0, 1])
def test_gradients_are_pytorchs_to_1e_5(seed: int) -> None:
    parameters, (images, labels) = initial_parameters(seed), digits(64)
    images[0] = 0  # an empty picture ties everywhere
    rows = compare(parameters, images, labels)

    assert [row.name for row in rows] == list(SHAPES)
    assert all(row.largest > 1e-3 for row in rows)
    assert all(max(row.readable, row.fast) < 1e-5 for row in rows)


def test_gradients_are_the_loss_functions_slopes() -> None:
    """Central differences in double precision, at twelve places of every parameter."""
    parameters, (images, labels) = in_double(initial_parameters(0)), digits(6, np.float64)
    parameters["filter_bias"] += 0.1  # at 0, blank paper would lie exactly on ReLU's corner
    gradients, _ = backward(parameters, forward(parameters, images), labels)
    generator, width = np.random.default_rng(1), 1e-6
    for name, values in parameters.items():
        largest = np.argsort(np.abs(gradients[name]), axis=None)[-6:]
        for place in {*largest.tolist(), *generator.integers(0, values.size, 6).tolist()}:
            kept = values.flat[place]
            values.flat[place] = kept + width
            above = loss(parameters, images, labels)
            values.flat[place] = kept - width
            below = loss(parameters, images, labels)
            values.flat[place] = kept
            assert (above - below) / (2 * width) == pytest.approx(gradients[name].flat[place], abs=1e-7)


def test_errors_on_the_way_back_are_the_slopes_there() -> None:
    parameters, (images, labels) = initial_parameters(0), digits(8)
    passed = forward(parameters, images)
    _, errors = backward(parameters, passed, labels)

    maps = torch.from_numpy(passed.maps).requires_grad_()
    weights = {name: torch.from_numpy(values) for name, values in parameters.items()}
    hidden = F.linear(F.max_pool2d(maps, 2).flatten(1), weights["dense"], weights["dense_bias"])
    logits = F.linear(hidden.relu(), weights["output"], weights["output_bias"])
    found = F.cross_entropy(logits, torch.from_numpy(labels).long())
    at_logits, at_summed, at_maps = torch.autograd.grad(found, (logits, hidden, maps))

    np.testing.assert_allclose(errors.logits, at_logits, atol=1e-6)
    np.testing.assert_allclose(errors.summed, at_summed, atol=1e-6)
    # Ours has passed ReLU as well: where nothing was active, nothing passes.
    np.testing.assert_allclose(errors.maps, at_maps.numpy() * (passed.maps > 0), atol=1e-6)


def test_adam_is_pytorchs() -> None:
    parameters, (images, labels) = initial_parameters(0), digits(32)
    memory = no_memory(parameters)
    leaves = {name: torch.from_numpy(values.copy()).requires_grad_() for name, values in parameters.items()}
    optimizer = torch.optim.Adam(list(leaves.values()), 1e-2)
    for _ in range(5):
        gradients = torch_gradients(parameters, images, labels)
        parameters, memory = adam(parameters, gradients, memory, 1e-2)
        for name, leaf in leaves.items():
            leaf.grad = torch.from_numpy(gradients[name])
        optimizer.step()

    for name, leaf in leaves.items():
        np.testing.assert_allclose(parameters[name], leaf.detach(), atol=2e-6)


def test_softmax_survives_huge_logits() -> None:
    probabilities = readable.softmax(np.array([[1e4, 0.0, -1e4]]))

    np.testing.assert_array_equal(probabilities, [[1, 0, 0]])


def test_there_are_174_554_parameters() -> None:
    assert sum(values.size for values in initial_parameters(0).values()) == 174_554


def test_patches_copy_nothing() -> None:
    images, _ = digits(2)
    patches = readable.patches_of(images)

    assert np.shares_memory(patches, images)
    assert np.array_equal(patches[1, 4, 7], images[1, 4:7, 7:10])
