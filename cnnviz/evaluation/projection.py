"""Digits as points in the plane: what the last layer sees of them, projected.

principal_components(features)   the plane of largest variance (Pearson 1901): same features, same place
neighbors(features)              the t-SNE map (van der Maaten & Hinton 2008), for fewer points

scikit-learn is imported at first use, since that takes a second.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from sklearn.decomposition import PCA


def principal_components(vectors: Tensor) -> "PCA":
    """Fit to vectors (N, units); .transform(NumPy (M, units)) -> (M, 2), .explained_variance_ratio_ (2,).

    Exact and with fixed signs, so that equal data gives an equal picture.
    """
    from sklearn.decomposition import PCA

    return PCA(2, svd_solver="covariance_eigh").fit(vectors.numpy())


def neighbors(vectors: Tensor, seed: int = 0) -> Tensor:
    """t-SNE of vectors (N, units) -> (N, 2); near points stay near, far ones mean nothing."""
    from sklearn.manifold import TSNE

    model = TSNE(perplexity=30, init="pca", learning_rate="auto", random_state=seed)
    return torch.from_numpy(model.fit_transform(vectors.numpy()))
