"""Whether a picture looks like a digit at all, as the network itself sees it.

    OodDetector.of(model)       under half a second; keep it as long as the model
    detector.ood_scores(images) (N,): how much more it resembles a drawing that is no digit
    detector.threshold          above it a picture is called no digit

A softmax must choose one of ten, however odd the picture. What the last layer decides from still
tells: there, a letter lies near other letters. The score is the cosine similarity to the third
nearest of 525 drawings that are no digits, less that to the third nearest of 1,250 digits - the
nearest-neighbor distance of Sun et al. 2022 (*Out-of-Distribution Detection with Deep Nearest
Neighbors*), taken on both sides. The threshold keeps KEPT of the validation digits.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.data.checks import check_image, check_images
from cnnviz.data.mnist import load_mnist
from cnnviz.data.non_digits import KINDS, non_digits
from cnnviz.data.pen_digits import pen_reference_digits, pen_validation_digits
from cnnviz.evaluation.metrics import features
from cnnviz.io.assets import ASSETS, read_asset
from cnnviz.io.atomic import write_atomically
from cnnviz.io.pixels import to_bytes
from cnnviz.networks.network import SIZE, Network

NEIGHBOR = 3
MNIST_DIGITS = 500  # beside the pen digits
MNIST_VALIDATION = slice(1_000, 2_000)  # others, which help to set the threshold
KEPT = 0.985  # of the digits the threshold is set by


@dataclass(frozen=True, eq=False)
class OodDetector:
    """Unit vectors of reference pictures in the model's last feature space, and the threshold."""

    model: Network
    digits: Tensor  # (M, units)
    others: Tensor  # (K, units)
    threshold: float

    @classmethod
    def of(cls, model: Network, leave_out: str | None = None) -> "OodDetector":
        """leave_out: a kind of non-digit it must do without, to measure how it meets unknown ones."""
        references = load_references()
        mnist = load_mnist().train.images
        chosen = torch.tensor([kind != leave_out for kind in references.kinds])
        digits = _directions(model, torch.cat([references.digits, mnist[:MNIST_DIGITS]]))
        others = _directions(model, references.others[chosen])
        unset = cls(model, digits, others, 0.0)
        validation = pen_validation_digits().images, mnist[MNIST_VALIDATION]
        quantiles = [unset.ood_scores(images).quantile(KEPT) for images in validation]
        return cls(model, digits, others, float(max(quantiles)))

    def ood_scores(self, images: Tensor) -> Tensor:
        """(N,) from -2 to 2 for images (N, 28, 28), uint8 or floats in [0, 1]."""
        images = check_images(images).reshape(-1, SIZE, SIZE)  # (N, 28, 28)
        vectors = _directions(self.model, images)
        return torch.cat([_ood_scores(part, self.digits, self.others) for part in vectors.split(500)])

    def is_ood(self, image: Tensor) -> bool:
        """Whether one picture (28, 28) looks like no digit."""
        return bool(self.ood_scores(check_image(image))[0] > self.threshold)


def _ood_scores(vectors: Tensor, digits: Tensor, others: Tensor) -> Tensor:
    """(N,) for unit vectors (N, units)."""
    to_digits, to_others = (
        (vectors @ known.T).topk(NEIGHBOR, dim=1).values[:, -1] for known in (digits, others)
    )
    return to_others - to_digits


def _directions(model: Network, images: Tensor) -> Tensor:
    return F.normalize(features(model, images).flatten(1), dim=1)


@dataclass(frozen=True, eq=False)
class Coverage:
    """What remains without the highest scores. share, accuracy: (N,), from one digit to all."""

    share: Tensor  # of the digits that are answered
    accuracy: Tensor  # among those


def coverage(ood_scores: Tensor, right: Tensor) -> Coverage:
    """The coverage-accuracy curve of digits (N,), right where the network was (El-Yaniv & Wiener 2010)."""
    ordered = right[ood_scores.argsort(stable=True)].double()
    answered = torch.arange(1, len(ordered) + 1)
    return Coverage(answered / len(ordered), ordered.cumsum(0) / answered)


PEN, EACH, SEED = 750, 75, 0


@dataclass(frozen=True, eq=False)
class References:
    """uint8 pictures (N, 28, 28)."""

    digits: Tensor
    others: Tensor  # drawings that are no digits
    kinds: tuple[str, ...]  # of non_digits.KINDS, one for each of the others


@lru_cache(maxsize=1)
def load_references() -> References:
    with np.load(io.BytesIO(read_asset("references.npz")), allow_pickle=False) as arrays:
        digits, others = (torch.from_numpy(arrays[name]) for name in ("digits", "others"))
        return References(digits, others, tuple(np.repeat(KINDS, EACH)))


def write_references(folder: Path = ASSETS) -> Iterator[Path]:
    """Draw the references anew and write them; yields the file's path."""
    others = torch.cat(list(non_digits(EACH, SEED).values()))
    file = io.BytesIO()
    np.savez_compressed(
        file,
        digits=pen_reference_digits(PEN).images.numpy(),
        others=to_bytes(others).numpy(),
    )
    write_atomically(folder / "references.npz", file.getvalue())
    yield folder / "references.npz"
