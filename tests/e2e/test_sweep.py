"""A sweep in the browser: its address opens its view, two runs finish, and the best goes into the form."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import count_most, settle

OpenPage = Callable[[str], Page]


def test_two_runs_and_the_best_goes_into_the_form(open_page: OpenPage) -> None:
    page = open_page("/train?sweep=abcdefghijkl")
    expect(page.get_by_text("no such sweep")).to_be_visible()
    expect(page.locator(".st-key-sweep_status")).to_contain_text("Ready")
    page.locator(".st-key-sweep_setting_1").get_by_role("combobox").click()
    page.get_by_role("option", name="–").click()
    values = page.locator(".st-key-sweep_values_0_learning_rate input")
    values.fill("0.0007, 5")
    values.press("Enter")
    expect(page.get_by_text("2 runs of 3,000 digits, seed 0, each")).to_be_visible()
    settle(page)
    page.locator(".st-key-sweep_start button").click()
    page.wait_for_url(re.compile(r"sweep=[\w-]{12}"))
    expect(page.locator(".st-key-sweep_status")).to_contain_text("of 2 runs finished")

    page.reload()
    settle(page)
    count_most(page, ".st-key-sweep_status")
    expect(page.locator(".st-key-sweep_status")).to_contain_text("Finished", timeout=180_000)
    expect(page.get_by_text("so the figure flatters it")).to_be_visible()
    expect(page.locator(".st-key-sweep_cells canvas, .st-key-sweep_cells svg").first).to_be_visible()
    settle(page)
    assert page.evaluate("window.most") == 1  # the finished panel takes the living one's place
    page.get_by_role("button", name="Train with these settings").click()
    expect(page.locator(".st-key-train_status")).to_contain_text("Ready")
    expect(page.get_by_role("combobox", name="Recipe")).to_have_value("Your own settings")
    page.get_by_role("tab", name="Learning").click()
    expect(page.get_by_role("spinbutton", name="Learning rate")).to_have_value("0.0007")
