"""The fetcher takes only the published files, over https only, and leaves nothing half done."""

import gzip
import io
import urllib.error
from pathlib import Path

import numpy as np
import pytest

from cnnviz.data.mnist import load_mnist
from cnnviz.errors import DataError
from cnnviz.io import download as download_module
from cnnviz.io.download import FILES, fetch_mnist, read_idx


def original(name: str) -> bytes:
    """The original file, made again from the carried digits."""
    part = load_mnist().train if name.startswith("train") else load_mnist().test
    n = len(part)
    if "images" in name:
        content = b"\0\0\x08\x03" + n.to_bytes(4) + (28).to_bytes(4) * 2 + part.images.numpy().tobytes()
    else:
        content = b"\0\0\x08\x01" + n.to_bytes(4) + part.labels.numpy().tobytes()
    return gzip.compress(content, 1)


@pytest.fixture(scope="module")
def originals() -> dict[str, bytes]:
    return {name: original(name) for name in FILES}


def test_good_mirror_after_a_bad_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, originals: dict[str, bytes]
) -> None:
    def download(url: str) -> bytes:
        if url.startswith("https://bad/"):
            return b"<html>parked</html>"
        return originals[url.rsplit("/", 1)[1]]

    monkeypatch.setattr(download_module, "_download", download)
    paths = fetch_mnist(tmp_path, ("https://bad/", "https://good/"))

    assert [path.name for path in paths] == list(FILES)
    assert np.array_equal(read_idx(tmp_path / "t10k-images-idx3-ubyte.gz"), load_mnist().test.images)
    assert np.array_equal(read_idx(tmp_path / "train-labels-idx1-ubyte.gz"), load_mnist().train.labels)

    monkeypatch.setattr(download_module, "_download", lambda _: pytest.fail("fetched again"))
    fetch_mnist(tmp_path)


def test_no_good_mirror_says_so_and_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stalled(_: str) -> bytes:
        raise TimeoutError("timed out")

    monkeypatch.setattr(download_module, "_download", stalled)
    with pytest.raises(DataError, match=r"could not be fetched.*timed out"):
        fetch_mnist(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_only_https() -> None:
    with pytest.raises(urllib.error.URLError, match="only https"):
        download_module._download("http://example.org/file")
    with pytest.raises(urllib.error.URLError, match="not https"):
        download_module._HttpsOnly().redirect_request(None, io.BytesIO(), 302, "", {}, "http://example.org")
