"""Films as files: equally large pictures in, bytes of a file out.

gif(pictures, ...)   an animated GIF; plays everywhere, 256 colors a picture
mp4(pictures, ...)   H.264 video, smaller and in full color
"""

import io
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.errors import ConfigError

FRAME_LIMIT = 200

Pictures = Sequence[NDArray[np.uint8]]  # (H, W) or (H, W, 3) each


def gif(pictures: Pictures, milliseconds: int = 120, hold: int = 1200) -> bytes:
    """An endless animated GIF of equally large pictures; the last one stays for `hold` milliseconds.

    GIF knows 256 colors a picture: each gets a palette of its own. Raises ConfigError.
    """
    _check(pictures)
    frames = [Image.fromarray(pixels).convert("RGB").quantize(256) for pixels in pictures]
    times = [milliseconds] * (len(frames) - 1) + [hold]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0)
    return buffer.getvalue()


def mp4(pictures: Pictures, milliseconds: int = 120, hold: int = 1200) -> bytes:
    """The same film as a video that every browser plays. Raises ConfigError.

    All pictures of a video last equally long, so the last one is repeated for the time it is held.
    H.264 takes even sides only: an odd one gets one more line of its own edge.
    """
    _check(pictures)
    held = max(1, round(hold / milliseconds))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx264", rate=Fraction(1000, milliseconds), options={"crf": "16", "threads": "1"}
        )
        stream.height, stream.width = _even(pictures[0]).shape[:2]
        stream.pix_fmt = "yuv420p"  # the only one that all players know
        for pixels in [*pictures[:-1], *[pictures[-1]] * held]:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(_even(pixels), format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def _even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) with even H and W."""
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)  # (H, W, 3)
    height, width = pixels.shape[:2]
    return np.ascontiguousarray(np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), "edge"))


def _check(pictures: Pictures) -> None:
    if not 1 <= len(pictures) <= FRAME_LIMIT:
        raise ConfigError(f"A film has 1 to {FRAME_LIMIT} pictures, not {len(pictures)}.")
    if len({pixels.shape for pixels in pictures}) > 1:
        raise ConfigError("The pictures of a film must be equally large.")
