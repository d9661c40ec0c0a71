"""The stroke replay: a drawing growing beside the network's answer, played in the browser.

replay_view(replay, strokes, widths, key=...)   draws it; playing costs no server round trip
"""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnnviz.colors import SERIES
from cnnviz.interpret.stroke_replay import Replay
from cnnviz.io.pixels import to_bytes
from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.components.shared.transport import pack

SHOWN = 0.05  # digits that never get likelier than this have no line
_DASHES: tuple[list[int], ...] = ([], [8, 5])

_show = component("stroke_replay")


def replay_view(
    replay: Replay, strokes: Sequence[NDArray[np.float32]], widths: Sequence[float], *, key: str, size: int
) -> None:
    """strokes: (P, 2) x-y points on a board of `size` pixels; widths: each stroke's pen width."""
    points = np.concatenate(strokes).astype(np.float32)  # (P, 2)
    starts = np.cumsum([0, *(len(stroke) for stroke in strokes)])[:-1]
    ends = [starts[step.stroke] + step.points for step in replay.steps]
    header = {"size": size, "lines": lines(replay), "id": zlib.crc32(points.tobytes())}
    arrays: dict[str, NDArray[np.generic]] = {
        "points": points,
        "starts": starts.astype(np.int32),
        "widths": np.array(widths, np.float32),
        "ends": np.array(ends, np.int32),
        "lengths": np.array([step.length for step in replay.steps], np.float32),
        "images": to_bytes(replay.images).numpy(),
        "probabilities": replay.probabilities.numpy(),
        "changes": np.array([(c.step, c.before, c.after) for c in replay.changes], np.int32).reshape(-1, 3),
    }
    _show(pack(header, arrays), key=key)


def lines(replay: Replay) -> list[dict[str, object]]:
    """The digits that get a line, the most likely first, each with its color and dash."""
    peaks = replay.probabilities.nan_to_num(0).amax(0)  # (10,)
    order = [digit for digit in peaks.argsort(descending=True).tolist() if peaks[digit] > SHOWN]
    return [
        {
            "digit": digit,
            "color": SERIES[place % len(SERIES)],
            "dash": _DASHES[place // len(SERIES) % len(_DASHES)],
        }
        for place, digit in enumerate(order)
    ]
