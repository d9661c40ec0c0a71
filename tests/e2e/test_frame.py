"""The frame in a real browser: the way to every page, the row of digit and model, nothing from elsewhere."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from cnnviz.ui.shell.page_registry import PAGES
from tests.support.browser import settle, turn_to
from tests.support.drawing import STROKES, pen

OpenPage = Callable[[str], Page]
GROUPED = [info for info in PAGES if info.group]
ROW_HEIGHT = 56  # px
HEADING_ENDS = 150  # px from the top; below it a page's own controls and pictures begin


def test_two_clicks_lead_to_every_page_and_none_asks_another_machine(
    open_page: OpenPage, page: Page, server: str
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    open_page("/")
    for info in GROUPED:
        turn_to(page, info.title)  # which scrolls nothing: a menu's links lie in the window
        assert page.url.split("?")[0].endswith(f"/{info.name}")

    assert hosts <= {urlsplit(server).hostname, None}  # None: of blobs and data


def test_two_taps_lead_to_every_page_on_a_phone(open_page: OpenPage, phone: Page) -> None:
    open_page("/")
    phone.get_by_test_id("stExpandSidebarButton").click()
    links = phone.get_by_test_id("stSidebarNavLink")
    expect(links).to_have_count(len(PAGES))
    for link in links.all():
        expect(link).to_be_in_viewport(ratio=1)
    links.filter(has_text="Capsules").click()
    expect(phone.get_by_role("heading", name="Capsules", exact=True)).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_row_is_slim_and_the_heading_ends_early(open_page: OpenPage, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    open_page("/filters")
    row, heading = (page.locator(f".st-key-{key}").bounding_box() for key in ("context", "page_header"))
    assert row is not None
    assert heading is not None

    assert row["height"] <= ROW_HEIGHT
    assert heading["y"] + heading["height"] <= HEADING_ENDS
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_row_shows_what_the_page_uses(open_page: OpenPage) -> None:
    page = open_page("/capsules")
    expect(page.locator(".st-key-frame_digit")).to_be_visible()
    expect(page.locator(".st-key-model_choice, .st-key-time_machine")).to_have_count(0)
    turn_to(page, "Architectures")
    expect(page.locator(".st-key-context")).to_have_count(0)


def test_a_digit_drawn_on_the_pad_is_read_on_any_page(open_page: OpenPage) -> None:
    page = open_page("/activations")
    place = page.locator(".st-key-model_choice").bounding_box()
    page.locator(".st-key-change_digit button").click()
    settle(page)
    pen(page, STROKES[7])
    reading = page.locator(".st-key-frame_digit")
    expect(reading).to_contain_text("Reads 7")
    expect(reading).to_contain_text("your drawing")
    expect(page.get_by_role("dialog")).to_be_visible()  # for another stroke
    page.get_by_role("dialog").get_by_role("button", name="Random test digit").click()
    expect(reading).to_contain_text("test digit")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settle(page)

    assert page.locator(".st-key-model_choice").bounding_box() == place  # no answer moves what is beside it
    expect(reading).to_contain_text("test digit")
