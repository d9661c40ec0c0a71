"""python -m cnnviz.reference_pictures: the pictures a drawing is compared with, as one asset.

They take seconds to paint, so they are painted once: assets/references.npz holds 750 pen digits
by training writers as written, 75 drawings of every kind of not_digits.KINDS, and all pen digits by
the validation writers.
"""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from cnnviz.data import ASSETS, read_asset
from cnnviz.files import write_atomically
from cnnviz.not_digits import KINDS, not_digits
from cnnviz.pen import pen_reference_digits, pen_validation_digits

PEN, EACH, SEED = 750, 75, 0


@dataclass(frozen=True, eq=False)
class References:
    """uint8 pictures (N, 28, 28)."""

    digits: Tensor
    others: Tensor  # drawings that are no digits
    kinds: tuple[str, ...]  # of not_digits.KINDS, one for each of the others
    validation: Tensor  # digits by other writers, to set the threshold by


@lru_cache(maxsize=1)
def load_references() -> References:
    with np.load(io.BytesIO(read_asset("references.npz")), allow_pickle=False) as arrays:
        digits, others, validation = (
            torch.from_numpy(arrays[name]) for name in ("digits", "others", "validation")
        )
        return References(digits, others, tuple(np.repeat(KINDS, EACH)), validation)


def paint() -> bytes:
    """The asset's content."""
    others = torch.cat(list(not_digits(EACH, SEED).values()))
    file = io.BytesIO()
    np.savez_compressed(
        file,
        digits=pen_reference_digits(PEN).images.numpy(),
        others=(others * 255).round().to(torch.uint8).numpy(),
        validation=pen_validation_digits().images.numpy(),
    )
    return file.getvalue()


if __name__ == "__main__":
    write_atomically(ASSETS / "references.npz", paint())
