"""python -m cnnviz.reference_pictures: the pictures a drawing is compared with, as one asset.

They take half a minute to paint, so they are painted once: assets/references.npz holds 1,500 pen
digits by training writers as written, and 150 drawings of every kind of not_digits.KINDS.
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
from cnnviz.pen import pen_reference_digits

PEN, EACH, SEED = 1_500, 150, 0


@dataclass(frozen=True, eq=False)
class References:
    """uint8 pictures (N, 28, 28): digits, and what is none; kinds names the kind of each of the latter."""

    digits: Tensor
    others: Tensor
    kinds: tuple[str, ...]


@lru_cache(maxsize=1)
def load_references() -> References:
    with np.load(io.BytesIO(read_asset("references.npz")), allow_pickle=False) as arrays:
        others = torch.from_numpy(arrays["others"])
        return References(torch.from_numpy(arrays["digits"]), others, tuple(np.repeat(KINDS, EACH)))


def paint() -> bytes:
    """The asset's content."""
    others = torch.cat(list(not_digits(EACH, SEED).values()))
    file = io.BytesIO()
    np.savez_compressed(
        file,
        digits=pen_reference_digits(PEN).images.numpy(),
        others=(others * 255).round().to(torch.uint8).numpy(),
    )
    return file.getvalue()


if __name__ == "__main__":
    write_atomically(ASSETS / "references.npz", paint())
