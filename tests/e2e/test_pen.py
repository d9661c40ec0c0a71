"""What people draw: the browser paints strokes as the library does; a letter is no digit."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from cnnviz.drawing import to_digit
from cnnviz.packing import unpack_image
from cnnviz.strokes import rasterize
from tests.e2e.browser import settle
from tests.e2e.test_draw import pen

OpenPage = Callable[[str], Page]
Stroke = list[tuple[float, float]]
AGREEMENT = 0.02  # mean absolute difference of the two 28 x 28 pictures, in [0, 1]


def arc(x: float, y: float, wide: float, high: float, first: float, last: float) -> Stroke:
    """Part of an ellipse; degrees from 12 o'clock, clockwise."""
    angles = np.radians(np.linspace(first, last, 24))
    return [(round(x + wide * float(np.sin(a))), round(y - high * float(np.cos(a)))) for a in angles]


def line(*corners: tuple[float, float]) -> Stroke:
    """Twelve whole pixels a side, as a mouse reports them."""
    places = np.linspace(0, len(corners) - 1, 12 * (len(corners) - 1) + 1)
    x, y = (np.interp(places, range(len(corners)), [corner[axis] for corner in corners]) for axis in (0, 1))
    return list(zip(x.round().tolist(), y.round().tolist(), strict=True))


# Of sizes whose shrinking does not turn on a single pixel, which would move all of the 28 x 28.
SHAPES: list[list[Stroke]] = [
    [line((70, 60), (200, 60), (120, 230))],
    [arc(140, 140, 60, 85, 0, 370), line((210, 60), (75, 225))],
    [line((100, 60), (80, 150), (205, 150)), line((170, 70), (165, 228))],
    [arc(130, 95, 45, 44, -60, 170) + arc(130, 178, 56, 50, 10, 230)],
]
BOX = [line((60, 60), (220, 60), (220, 220), (60, 220), (60, 60))]
LETTER = [line((60, 230), (140, 50), (220, 230)), line((95, 160), (185, 160))]


def difference(address: str, strokes: list[Stroke], width: int) -> float:
    """Mean absolute difference between the picture an address holds and the library's own painting."""
    packed = parse_qs(urlparse(address).query).get("drawing")
    if not packed:
        return 1.0
    painted = to_digit(rasterize([np.array(stroke) for stroke in strokes], width)).image
    return float((unpack_image(packed[0]) - painted).abs().mean())


def clear(page: Page) -> None:
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator(".st-key-prediction")).to_have_text("")
    settle(page)


@pytest.mark.parametrize(("width", "key"), [(8, "Home"), (20, ""), (36, "End")])
def test_the_browser_paints_strokes_as_the_library_does(open_page: OpenPage, width: int, key: str) -> None:
    page = open_page("/draw")
    if key:
        page.locator(".st-key-brush").get_by_role("slider").press(key)
        expect(page.locator(".st-key-brush")).to_contain_text(str(width))
        settle(page)
    for strokes in SHAPES:
        pen(page, strokes)
        # The address is rewritten after every stroke; this one waits for the last.
        page.wait_for_url(lambda address: difference(address, strokes, width) <= AGREEMENT)  # noqa: B023
        clear(page)


def test_a_box_and_a_letter_do_not_look_like_digits(open_page: OpenPage) -> None:
    page = open_page("/draw")
    for strokes in (BOX, LETTER):
        pen(page, strokes)

        expect(page.locator(".st-key-prediction")).to_contain_text("does not look like a digit")
        expect(page.locator(".st-key-frame_reading")).to_contain_text("does not look like a digit")

        clear(page)
