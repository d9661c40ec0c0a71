"""For people who want the originals: download the four MNIST files and repack them.

    python -m cnnviz fetch FOLDER    the IDX files, checked, from public mirrors

cnnviz itself never needs this; it carries the same digits in cnnviz/assets/mnist.npz.
"""

import gzip
import hashlib
import http.client
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import DataError
from cnnviz.io.atomic import write_atomically

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
# MD5 of the uncompressed files as published; SHA-256 of the same bytes, computed from them.
FILES = {
    "train-images-idx3-ubyte.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
LIMIT = 20_000_000  # bytes; the largest file has 9.9 million
TIMEOUT = 10  # seconds without an answer


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Refuses to be redirected away from https."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        if not newurl.startswith("https://"):
            raise urllib.error.URLError(f"redirected to {newurl}, which is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch_mnist(folder: Path, mirrors: tuple[str, ...] = MIRRORS) -> list[Path]:
    """Download the four original files into `folder`; those already there and right are kept.

    Raises DataError when no mirror gives a file with the published content.
    """
    return [_fetch(name, folder, mirrors) for name in FILES]


def _fetch(name: str, folder: Path, mirrors: tuple[str, ...]) -> Path:
    target = folder / name
    if target.exists() and _is_right(name, target.read_bytes()):
        return target
    reasons = []
    for mirror in mirrors:
        try:
            content = _download(mirror + name)
        except (OSError, http.client.HTTPException) as error:
            reasons.append(f"{mirror}: {error}")
            continue
        if _is_right(name, content):
            write_atomically(target, content)
            return target
        reasons.append(f"{mirror}: the content is not the published file")
    raise DataError(f"{name} could not be fetched ({'; '.join(reasons)}).")


def open_https(url: str) -> IO[bytes]:
    """The answer of an https server, to be read and closed. Raises OSError, also after ten silent seconds."""
    if not url.startswith("https://"):
        raise urllib.error.URLError("only https is used")
    answer: IO[bytes] = urllib.request.build_opener(_HttpsOnly).open(url, timeout=TIMEOUT)
    return answer


def _download(url: str) -> bytes:
    with open_https(url) as answer:
        return answer.read(LIMIT)


def _is_right(name: str, content: bytes) -> bool:
    try:
        return hashlib.sha256(gzip.decompress(content)).hexdigest() == FILES[name]
    except (OSError, EOFError, ValueError):
        return False


def read_idx(path: Path) -> NDArray[np.uint8]:
    """An IDX file of unsigned bytes (yann.lecun.com/exdb/mnist), gzip-compressed."""
    content = gzip.decompress(path.read_bytes())
    dimensions = content[3]
    shape = np.frombuffer(content, ">u4", dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
