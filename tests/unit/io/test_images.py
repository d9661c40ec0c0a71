"""Pictures from strangers are read within limits or refused in one sentence."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnviz.errors import ImageError
from cnnviz.io.images import decode, encode_png, enlarge, read_picture


def encoded(
    kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (40, 30), **options: object
) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 200 if mode in ("L", "P", "1") else None).save(buffer, kind, **options)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG that claims any size and holds almost nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_are_read(kind: str) -> None:
    assert decode(encoded(kind)).shape == (30, 40, 3)


@pytest.mark.parametrize(
    ("mode", "shape"),
    [("L", (30, 40)), ("1", (30, 40)), ("RGBA", (30, 40, 4)), ("P", (30, 40, 3)), ("LA", (30, 40, 4))],
)
def test_modes(mode: str, shape: tuple[int, ...]) -> None:
    pixels = decode(encoded(mode=mode))

    assert pixels.shape == shape
    assert pixels.dtype == np.uint8


def test_large_pictures_are_reduced() -> None:
    assert decode(encoded(size=(3000, 1500), mode="L")).shape == (512, 1024)


def test_pictures_are_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side

    assert decode(encoded("JPEG", exif=exif)).shape == (40, 30, 3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"just some text", "not a readable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a readable"),
        (encoded()[:60], "not a readable"),
        (encoded("GIF", "P"), "not a readable"),
        (encoded("BMP"), "not a readable"),
        (bomb(10_000, 5_000), "16 megapixels"),
        (bomb(20_000, 20_000), "megapixels"),
        (bomb(9_000, 10), "8,192 a side"),
        (b"x" * 10_000_001, "larger than 10 MB"),
    ],
)
def test_everything_else_is_refused_in_one_sentence(content: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        decode(content)


def test_a_missing_file_is_an_image_error(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="No such file"):
        read_picture(tmp_path / "none.png")


def test_png_round_trip_and_enlarging() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)

    assert np.array_equal(decode(encode_png(pixels)), pixels)
    assert np.array_equal(enlarge(pixels, 3)[::3, ::3], pixels)
    assert enlarge(pixels, 3).shape == (9, 12)
