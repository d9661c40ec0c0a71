"""Digits drawn by a pen: with the mouse in a browser, or as the canvas would report them."""

import base64
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from cnnviz.data.rasterize import rasterize
from cnnviz.io.images import encode_png
from tests.support.browser import settle

Stroke = list[tuple[float, float]]
# Pen paths on the 280 x 280 canvas, as a person would write them.
STROKES: dict[int, list[Stroke]] = {
    1: [[(140, 50), (140, 230)]],
    4: [[(90, 60), (75, 150), (200, 150)], [(175, 60), (170, 235)]],
    7: [[(70, 60), (200, 60), (120, 230)]],
    0: [[(140 + 60 * np.cos(a), 140 + 85 * np.sin(a)) for a in np.linspace(-1.6, 4.7, 30)]],
}
(SEVEN,) = STROKES[7]


def arc(x: float, y: float, wide: float, high: float, first: float, last: float) -> Stroke:
    """Part of an ellipse, about six pixels a step; degrees from 12 o'clock, clockwise."""
    angles = np.radians(
        np.linspace(first, last, round(np.hypot(wide, high) * np.radians(abs(last - first)) / 8))
    )
    return [(round(x + wide * float(np.sin(a))), round(y - high * float(np.cos(a)))) for a in angles]


def line(*corners: tuple[float, float], apart: int = 6) -> Stroke:
    """Whole pixels, as a mouse reports them; the browser rounds corners off by a quarter of `apart`."""
    stroke = [corners[0]]
    for start, end in pairwise(corners):
        count = max(1, round(np.hypot(end[0] - start[0], end[1] - start[1]) / apart))
        x, y = (np.linspace(start[axis], end[axis], count + 1)[1:].round().tolist() for axis in (0, 1))
        stroke += zip(x, y, strict=True)
    return stroke


def pen(page: Page, strokes: list[Stroke], steps: int = 4) -> None:
    """Draw with the mouse, stroke by stroke; the mouse reports `steps` places on the way to each point."""
    board = page.locator(".st-key-canvas canvas").last
    board.hover()  # scrolls to it and waits until it stands still
    box = board.bounding_box()
    assert box is not None
    for (x, y), *rest in strokes:
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(box["x"] + x, box["y"] + y, steps=steps)
        page.mouse.up()


def count_strokes(page: Page) -> Callable[[], int]:
    """How many strokes the canvas has sent to the server last; to be called before the page is opened."""
    sent = [0]

    def read(content: str | bytes) -> None:
        if isinstance(content, bytes) and b'"objects"' in content:
            sent[0] = content.count(b'"strokeWidth"')

    page.on("websocket", lambda socket: socket.on("framesent", read))
    return lambda: sent[0] if page.title() else 0  # asking the page lets its events arrive


def clear(page: Page) -> None:
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator(".st-key-prediction")).to_have_text("")
    settle(page)


def expect_digit(page: Page, digit: int) -> None:
    expect(page.locator(".st-key-prediction")).to_have_text(re.compile(rf"^\s*{digit}"))


def path_object(points: Sequence[Sequence[float]]) -> dict[str, object]:
    first, *rest = points
    return {"type": "Path", "strokeWidth": 20, "path": [["M", *first], *(["L", *point] for point in rest)]}


def sent(points: Sequence[Sequence[float]], png: str | None = None) -> dict[str, object]:
    """What the browser's canvas sends after a stroke."""
    picture = rasterize([np.array(points)], 20)
    data = "data:image/png;base64," + base64.b64encode(encode_png(picture)).decode()
    return {
        "drawing": {"raw": {"objects": [path_object(points)]}, "data": data if png is None else png},
        "backgroundFit": None,
    }


def send(app: AppTest, value: object) -> AppTest:
    """Deliver what a browser's canvas would send."""
    app.session_state[f"pad{app.session_state['_pad'].version}"] = value
    return app.run()
