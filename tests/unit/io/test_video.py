"""GIF and MP4 files hold the pictures they were made of; read back by Pillow and FFmpeg."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from cnnviz.errors import ConfigError
from cnnviz.io.video import FRAME_LIMIT, Pictures, gif, mp4

GRAYS = (0, 120, 250)


def plain(height: int = 20, width: int = 30) -> list[np.ndarray]:
    return [np.full((height, width, 3), value, np.uint8) for value in GRAYS]


def test_gif_plays_all_pictures_and_holds_the_last() -> None:
    with Image.open(io.BytesIO(gif(plain(), milliseconds=100, hold=1000))) as film:
        assert film.n_frames == 3  # type: ignore[attr-defined]
        assert film.info["loop"] == 0
        times, shades = [], []
        for number in range(3):
            film.seek(number)
            times.append(film.info["duration"])
            shades.append(np.asarray(film.convert("RGB"))[0, 0, 0])
    assert times == [100, 100, 1000]
    np.testing.assert_allclose(shades, GRAYS, atol=2)


def test_mp4_plays_all_pictures_and_holds_the_last() -> None:
    with av.open(io.BytesIO(mp4(plain(), milliseconds=100, hold=1000))) as film:
        stream = film.streams.video[0]
        frames = list(film.decode(stream))
        times = [float(frame.pts * frame.time_base) for frame in frames]
        shades = [frame.to_ndarray(format="rgb24")[5, 5, 0] for frame in frames]
        length = film.duration / av.time_base

    assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
    np.testing.assert_allclose(times, np.arange(12) / 10, atol=1e-6)
    np.testing.assert_allclose(shades, [0, 120] + [250] * 10, atol=3)
    assert length == pytest.approx(1.2, abs=0.01)


def test_mp4_keeps_colors_and_edges_of_large_cells() -> None:
    cells = np.random.default_rng(0).integers(0, 256, (5, 6, 3)).astype(np.uint8)
    picture = cells.repeat(16, 0).repeat(16, 1)  # (80, 96, 3)
    with av.open(io.BytesIO(mp4([picture]))) as film:
        shown = next(film.decode(video=0)).to_ndarray(format="rgb24")

    middles = shown[8::16, 8::16].astype(int)
    assert np.abs(middles - cells).max() <= 12


@pytest.mark.parametrize("shape", [(21, 33, 3), (21, 32), (1, 1, 3)])
def test_odd_sides_get_one_more_line(shape: tuple[int, ...]) -> None:
    with av.open(io.BytesIO(mp4([np.full(shape, 200, np.uint8)] * 2))) as film:
        stream = film.streams.video[0]
        assert (stream.height, stream.width) == (shape[0] + shape[0] % 2, shape[1] + shape[1] % 2)


def test_gray_pictures_make_a_gif() -> None:
    assert Image.open(io.BytesIO(gif([np.zeros((28, 28), np.uint8)]))).size == (28, 28)


@pytest.mark.parametrize("make", [gif, mp4])
@pytest.mark.parametrize(
    "pictures",
    [[], [np.zeros((28, 28), np.uint8)] * (FRAME_LIMIT + 1), [*plain(20), *plain(22)]],
    ids=["none", "too many", "of two sizes"],
)
def test_impossible_films_are_refused(make: object, pictures: Pictures) -> None:
    with pytest.raises(ConfigError):
        make(pictures)  # type: ignore[operator]
