"""Two folds started in the browser: seen training, found again after a reload, finished and paired."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.support.browser import settle

OpenPage = Callable[[str], Page]


def test_start_reload_and_finish(open_page: OpenPage, browser: Browser) -> None:
    page = open_page("/cross_validate")
    status = page.locator(".st-key-cv_status")
    expect(status).to_contain_text("An example, made beforehand")
    expect(page.locator(".st-key-cv_folds_chart canvas, .st-key-cv_folds_chart svg").first).to_be_visible()

    for label in ("Folds", "MNIST training digits"):
        page.get_by_role("slider", name=label).press("Home")
        settle(page)
    expect(page.get_by_role("slider", name="MNIST training digits")).to_have_attribute(
        "aria-valuetext", "500"
    )
    page.locator(".st-key-cv_start button").click()
    page.wait_for_url(re.compile(r"study=[\w-]{12}"))
    expect(status).to_contain_text("of 2 folds finished", timeout=60_000)

    page.reload()
    settle(page)
    elsewhere = browser.new_context()  # another browser, by the address alone
    other = elsewhere.new_page()
    other.goto(page.url)
    for one in (page, other):
        expect(one.locator(".st-key-cv_status")).to_contain_text("Finished", timeout=180_000)
        expect(one.locator(".st-key-cv_accuracy")).to_contain_text(re.compile(r"\d ± \d"))
    elsewhere.close()

    settle(page)
    expect(page.get_by_text("The folds read")).to_be_visible()
    expect(page.get_by_text("Finish a second recipe")).to_be_visible()
    expect(page.locator(".st-key-cv_start button")).to_be_enabled()


def test_wrong_address_is_a_sentence(open_page: OpenPage) -> None:
    page = open_page("/cross_validate?study=../../secret")

    expect(page.get_by_text("no such cross-validation")).to_be_visible()
    expect(page.locator(".st-key-cv_status")).to_contain_text("An example")


def test_fits_a_phone(open_page: OpenPage, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page("/cross_validate")
    expect(page.locator(".st-key-cv_pairs_chart canvas, .st-key-cv_pairs_chart svg").first).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide
