"""What is carried along: where assets and models lie, and an asset after a check of its SHA-256."""

import hashlib
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import DataError

MODELS = Path(__file__).parents[2] / "models"
ASSETS = Path(__file__).parents[1] / "assets"
SHA256 = {
    "mnist.npz": "4a84408c9d89a2e0b1879345c7b6cf36ef49e95ee364488994ac0a4a10756322",
    "mnist-wrong.json": "402525379a059a30245886044356ea43cb9b7ab1b17d6abae83f15240e4771a7",
    "pen-digits.npz": "86fc29f2f542ecf5c3eb36ad45a21fbbc4ab26da67577c671a3b479b04609a1e",
    "pen-wrong.json": "97a4bb8edad2c976933036d59932b51fc66a1e77b24fa065f4015d2f5da1089b",
    "pen-pictures.npz": "f92cd5f6c99299850dc2cc74c8356b2d0e2b9da4c7b5aae1a7ae7f315638ae6d",
    "references.npz": "989ebcec3be3f108fa6fc0cbeba508206bc673f827f8e422d3737e2f9c656943",
}


def read_asset(name: str, folder: Path = ASSETS) -> bytes:
    """A carried file's content, after its SHA-256 was found right. Raises DataError."""
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise DataError(f"{name} is missing from the installation; install cnnviz again.") from error
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise DataError(f"{name} is damaged (its checksum is wrong); install cnnviz again.")
    return content


def read_arrays(name: str, folder: Path = ASSETS) -> dict[str, NDArray[np.generic]]:
    """All arrays of a carried .npz file. Raises DataError."""
    with np.load(io.BytesIO(read_asset(name, folder)), allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}
