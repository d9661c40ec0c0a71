"""Projection against NumPy's; features are what the last layer sees."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from cnnviz.checkpoints.format import load_model
from cnnviz.data.mnist import load_mnist
from cnnviz.evaluation.metrics import features
from cnnviz.evaluation.projection import neighbors, principal_components


@cache
def labels() -> Tensor:
    return load_mnist().test.labels[:300]


@cache
def images() -> Tensor:
    return load_mnist().test.images[:300]


def test_features_are_the_last_layers_input() -> None:
    model = load_model("wide")

    vectors = features(model, images())

    assert vectors.shape == (300, 128)
    expected = model(images().unsqueeze(1).float() / 255)
    assert torch.allclose(model.get_submodule("logits")(vectors), expected, atol=1e-4)


def test_projection_is_the_plane_of_largest_variance() -> None:
    """By NumPy's singular values; a direction's largest entry is positive, as it always was."""
    vectors = features(load_model("wide"), images())
    found = principal_components(vectors)
    centered = (vectors - vectors.mean(0)).double().numpy()
    _, lengths, directions = np.linalg.svd(centered, full_matrices=False)

    shares = lengths**2 / (lengths**2).sum()
    np.testing.assert_allclose(found.explained_variance_ratio_, shares[:2], rtol=1e-3)
    for axis, direction in enumerate(directions[:2]):
        signed = direction * np.sign(direction[np.abs(direction).argmax()])
        np.testing.assert_allclose(found.transform(vectors)[:, axis], centered @ signed, atol=0.01)


def test_tsne_keeps_digits_of_a_kind_together() -> None:
    plane = neighbors(features(load_model("wide"), images()))

    distances = torch.cdist(plane, plane).fill_diagonal_(torch.inf)
    nearest = distances.argmin(1)
    assert float((labels()[nearest] == labels()).float().mean()) > 0.9
