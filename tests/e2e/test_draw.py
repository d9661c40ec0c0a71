"""A digit drawn with the mouse is read, survives page switches, and can be taken back."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import settle, turn_to
from tests.support.drawing import STROKES, clear, expect_digit, pen

OpenPage = Callable[[str], Page]


def test_drawn_digits_are_read(open_page: OpenPage) -> None:
    page = open_page("/draw")
    for digit, strokes in STROKES.items():
        expect(page.locator(".st-key-prediction")).to_have_text("")
        pen(page, strokes)

        expect_digit(page, digit)
        expect(page.locator(".st-key-digit28 img")).to_be_visible()

        clear(page)


def test_drawing_survives_page_switches_and_undo_clears_it(open_page: OpenPage) -> None:
    page = open_page("/draw")
    pen(page, STROKES[7])
    expect_digit(page, 7)

    page.get_by_role("link", name="cnnviz").click()
    expect(page.get_by_role("heading", name="See inside")).to_be_visible()
    expect(page.locator(".st-key-frame_digit")).to_contain_text("Reads 7")
    turn_to(page, "Draw")
    expect_digit(page, 7)
    settle(page)
    assert _ink(page) > 1_000  # the strokes are on the canvas again

    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator(".st-key-prediction")).to_have_text("")


def test_link_reproduces_the_drawing(open_page: OpenPage) -> None:
    page = open_page("/draw")
    pen(page, STROKES[4])
    expect_digit(page, 4)
    settle(page)  # the address is written last, and once for each stroke
    page.wait_for_url(re.compile("drawing="))

    address = page.url
    page.context.clear_cookies()
    page.goto("about:blank")
    page.goto(address)
    settle(page)

    expect_digit(page, 4)


def test_a_stroke_from_the_boards_top_edge_counts(open_page: OpenPage) -> None:
    page = open_page("/draw")
    page.locator(".st-key-canvas style[data-pen-up]").wait_for(state="attached")  # the board was mended

    pen(page, [[(195, 10), (110, 90), (70, 190), (110, 250), (190, 230), (190, 180), (80, 190)]])

    expect_digit(page, 6)


def _ink(page: Page) -> int:
    """Light pixels on the canvas."""
    count: int = page.locator(".st-key-canvas canvas").evaluate_all(
        """(canvases) => canvases.reduce((sum, canvas) => {
          const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
          for (let at = 0; at < pixels.length; at += 4) sum += pixels[at] > 200 && pixels[at + 3] > 200
          return sum
        }, 0)"""
    )
    return count
