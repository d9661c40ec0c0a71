"""Projection against scikit-learn's; features are what the last layer sees."""

import numpy as np
import torch
from sklearn.decomposition import PCA

from cnnviz.checkpoints.format import load_model
from cnnviz.data.mnist import load_mnist
from cnnviz.evaluation.metrics import features
from cnnviz.evaluation.projection import Projection, neighbors

IMAGES = load_mnist().test.images[:300]
LABELS = load_mnist().test.labels[:300]


def test_features_are_the_last_layers_input() -> None:
    model = load_model("wide")

    vectors = features(model, IMAGES)

    assert vectors.shape == (300, 128)
    expected = model(IMAGES.unsqueeze(1).float() / 255)
    assert torch.allclose(model.get_submodule("logits")(vectors), expected, atol=1e-4)


def test_projection_is_scikit_learns_pca() -> None:
    vectors = features(load_model("wide"), IMAGES)
    ours = Projection.of(vectors)
    oracle = PCA(2, svd_solver="full").fit(vectors.numpy())

    assert np.allclose(ours.explained, oracle.explained_variance_ratio_, rtol=1e-3)
    theirs = oracle.transform(vectors.numpy())
    for axis in (0, 1):
        correlation = np.corrcoef(ours(vectors)[:, axis], theirs[:, axis])[0, 1]
        assert abs(correlation) > 0.9999


def test_tsne_keeps_digits_of_a_kind_together() -> None:
    plane = neighbors(features(load_model("wide"), IMAGES))

    distances = torch.cdist(plane, plane).fill_diagonal_(torch.inf)
    nearest = distances.argmin(1)
    assert float((LABELS[nearest] == LABELS).float().mean()) > 0.9
