"""Digits as points in the plane: what the last layer sees of them, projected.

Projection.of(features)     principal components (Pearson 1901): same features, same place
neighbours(features, t-SNE) the t-SNE map (van der Maaten & Hinton 2008), for fewer points
"""

from dataclasses import dataclass

import torch
from sklearn.manifold import TSNE
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Projection:
    """The two directions of largest variance. explained: their shares of all variance."""

    mean: Tensor  # (units,)
    directions: Tensor  # (units, 2)
    explained: tuple[float, float]

    @classmethod
    def of(cls, vectors: Tensor) -> "Projection":
        """Fit to vectors (N, units). The sign is fixed, so that equal data gives an equal picture."""
        mean = vectors.mean(0)
        centered = vectors - mean
        covariance = centered.T @ centered / (len(vectors) - 1)
        values, directions = torch.linalg.eigh(covariance)
        first, second = directions[:, -1], directions[:, -2]
        chosen = torch.stack([_sign(first), _sign(second)], 1)  # (units, 2)
        total = float(values.sum().clamp(min=1e-12))
        return cls(mean, chosen, (float(values[-1]) / total, float(values[-2]) / total))

    def __call__(self, vectors: Tensor) -> Tensor:
        """(N, units) -> (N, 2)"""
        return (vectors - self.mean) @ self.directions


def neighbors(vectors: Tensor, seed: int = 0) -> Tensor:
    """t-SNE of vectors (N, units) -> (N, 2); near points stay near, far ones mean nothing."""
    model = TSNE(perplexity=30, init="pca", learning_rate="auto", random_state=seed)
    return torch.from_numpy(model.fit_transform(vectors.numpy()))


def _sign(direction: Tensor) -> Tensor:
    return direction * torch.sign(direction[direction.abs().argmax()])
