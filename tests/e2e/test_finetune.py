"""A hand it misreads: corrected, learned from, kept, and used on another page."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import settle
from tests.support.drawing import STROKES, expect_digit, pen

OpenPage = Callable[[str], Page]
PATIENCE = 90_000  # a study trains four times and reads 30,000 digits


def test_correct_learn_keep_use(open_page: OpenPage) -> None:
    page = open_page("/draw?model=eight")
    pen(page, STROKES[7])
    expect_digit(page, 7)
    page.get_by_role("button", name="Misread? Say what it is").click()
    page.locator("[data-testid='stPopoverBody']").get_by_role("radio", name="2", exact=True).click()
    expect(page.get_by_text("Kept as a 2.")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Let it learn from them").click()
    expect(page.get_by_role("heading", name="Fine-tune")).to_be_visible()
    settle(page)

    pen(page, STROKES[4])
    four = page.locator(".st-key-finetune_label_4 button")
    expect(four).to_be_enabled()
    four.click()
    expect(page.get_by_text("2 collected.")).to_be_visible()
    page.locator(".st-key-finetune_start button").click()
    expect(page.get_by_role("button", name="Keep this model")).to_be_visible(timeout=PATIENCE)
    status = page.locator(".st-key-finetune_status")
    expect(status).to_contain_text("Eight · 8 filters, tuned on 2 digits by your hand")
    expect(page.locator(".st-key-finetune_difference canvas")).to_be_visible()

    page.get_by_role("button", name="Keep this model").click()
    expect(page.get_by_text("Kept, and in use on every page.")).to_be_visible(timeout=PATIENCE)
    picker = page.get_by_role("combobox", name="Model")
    expect(picker).to_have_value(re.compile("Eight, tuned on your hand"))
    page.get_by_role("link", name="Draw for it").click()
    expect(page.get_by_role("heading", name="Draw")).to_be_visible()
    settle(page)
    pen(page, STROKES[7])
    expect_digit(page, 2)  # as it was taught
    expect(picker).to_have_value(re.compile("Eight, tuned on your hand"))


def test_alive_on_arrival_on_a_phone(open_page: OpenPage, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page("/finetune?model=eight")

    expect(page.get_by_text("misread", exact=False).first).to_be_visible()
    expect(page.locator(".st-key-finetune_digits canvas")).to_be_visible()
    wide = page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide
