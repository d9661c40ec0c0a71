"""A click into the confusion matrix shows that cell's digits; a click on one makes it the current digit."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import turn_to


def test_clicking_a_cell_shows_its_digits(open_page: Callable[[str], Page]) -> None:
    page = open_page("/evaluate?model=eight")
    expect(page.get_by_text(re.compile("The most confident of"))).to_be_visible()
    chart = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.45)

    expect(page.get_by_text(re.compile(r"\d+ × \d read as \d"))).to_be_visible()


def test_a_mistake_becomes_the_current_digit(open_page: Callable[[str], Page]) -> None:
    page = open_page("/evaluate?model=eight")
    tile = page.locator(".st-key-cell_digits .tile").nth(3)
    caption = tile.inner_text()
    true, read = re.findall(r"\d", caption)[:2]
    tile.click()

    expect(page.locator(".st-key-frame_digit")).to_contain_text(f"Reads {read}")
    page.wait_for_url("**digit=**")
    turn_to(page, "Draw")
    expect(page.get_by_text(f"It is a {true}.")).to_be_visible()
