"""What people draw: the browser paints strokes as the library does; a letter is no digit."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from cnnviz.data.drawing_format import unpack_image
from cnnviz.data.preprocessing import to_digit
from cnnviz.data.rasterize import rasterize
from tests.support.browser import settle
from tests.support.drawing import Stroke, arc, clear, line, pen

OpenPage = Callable[[str], Page]
AGREEMENT = 0.02  # mean absolute difference of the two 28 x 28 pictures, in [0, 1]


# By pen width. The last step to 28 x 28 moves by whole pixels, so that a drawing whose middle lies
# between two of them could turn on a hair; these shapes do not.
ZERO = [arc(140, 140, 60, 85, 0, 370), line((210, 60), (75, 225))]
THREE = [arc(130, 95, 45, 44, -60, 170) + arc(130, 178, 56, 50, 10, 230)]
FOUR = [line((100, 60), (80, 150), (205, 150)), line((170, 70), (165, 228))]
SEVEN = [line((70, 60), (200, 60), (120, 230))]
SMALL_SEVEN = [line((63, 60), (106, 60), (80, 116), apart=2)]
SMALL_FOUR = [line((78, 60), (69, 100), (125, 100), apart=2), line((110, 64), (107, 136))]
SMALL_THREE = [arc(95, 78, 22, 22, -60, 170) + arc(95, 119, 28, 25, 10, 230)]
SHAPES = {8: (SMALL_SEVEN, SMALL_FOUR, SMALL_THREE, ZERO), 20: (ZERO, SEVEN), 36: (FOUR, THREE)}
BOX = [line((60, 60), (220, 60), (220, 220), (60, 220), (60, 60))]
LETTER = [line((60, 230), (140, 50), (220, 230)), line((95, 160), (185, 160))]


def difference(address: str, strokes: list[Stroke], width: int) -> float:
    """Mean absolute difference between the picture an address holds and the library's own painting."""
    packed = parse_qs(urlparse(address).query).get("drawing")
    if not packed:
        return 1.0
    painted = to_digit(rasterize([np.array(stroke) for stroke in strokes], width)).image
    return float((unpack_image(packed[0]) - painted).abs().mean())


@pytest.mark.parametrize(("width", "key"), [(8, "Home"), (20, ""), (36, "End")])
def test_the_browser_paints_strokes_as_the_library_does(open_page: OpenPage, width: int, key: str) -> None:
    page = open_page("/draw")
    if key:
        page.locator(".st-key-brush").get_by_role("slider").press(key)
        expect(page.locator(".st-key-brush")).to_contain_text(str(width))
        settle(page)
    for strokes in SHAPES[width]:
        pen(page, strokes, steps=1)
        # The address is rewritten after every stroke; this one waits for the last.
        page.wait_for_url(lambda address: difference(address, strokes, width) <= AGREEMENT)  # noqa: B023
        clear(page)


def test_a_box_and_a_letter_do_not_look_like_digits(open_page: OpenPage) -> None:
    page = open_page("/draw")
    for strokes in (BOX, LETTER):
        pen(page, strokes, steps=1)

        expect(page.locator(".st-key-prediction")).to_contain_text("does not look like a digit")
        expect(page.locator(".st-key-frame_digit")).to_contain_text("does not look like a digit")

        clear(page)
