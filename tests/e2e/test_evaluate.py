"""A click into the confusion matrix shows the digits of that cell."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_clicking_a_cell_shows_its_digits(open_page: Callable[[str], Page]) -> None:
    page = open_page("/evaluate?model=eight")
    expect(page.get_by_text(re.compile("The most confident of"))).to_be_visible()
    chart = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.45)

    expect(page.get_by_text(re.compile(r"\d+ × \d read as \d"))).to_be_visible()
