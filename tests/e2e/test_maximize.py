"""The maximize page in a real browser: it grows, it answers, and its address leads to the same place."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.support.browser import settle

Open = Callable[[str], Page]
FINISHED = re.compile("Each picture began as the same faint noise")


def tiles(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} .tile")


# Notes every text of the progress bar, however short it is on screen.
NOTE_PROGRESS = """
window.progress = []
new MutationObserver(() => {
  const text = document.querySelector("[data-testid=stProgress]")?.innerText
  if (text && text !== window.progress.at(-1)) window.progress.push(text)
}).observe(document, { subtree: true, childList: true, characterData: true })
"""


def test_pictures_grow_while_one_watches(page: Page, server: str) -> None:
    page.add_init_script(NOTE_PROGRESS)
    page.goto(f"{server}/maximize?model=classic&layer=conv2")
    expect(tiles(page, "maximized")).to_have_count(64)
    expect(page.get_by_text(FINISHED)).to_be_visible()
    settle(page)

    seen = page.evaluate("window.progress")
    steps = [int(found.group(1)) for text in seen if (found := re.search(r"step (\d+) of 96", text))]
    assert steps == sorted(steps)
    assert len(steps) >= 2, seen
    expect(page.get_by_test_id("stProgress")).to_have_count(0)


def test_a_click_shows_that_filter_and_writes_the_address(open_page: Open) -> None:
    page = open_page("/maximize?layer=conv2")
    expect(page.get_by_text("Filter 0 of conv2")).to_be_visible()

    tiles(page, "maximized").nth(21).click()

    expect(page.get_by_text("Filter 21 of conv2")).to_be_visible()
    settle(page)
    assert "channel=21" in page.url
    expect(tiles(page, "patches")).to_have_count(12)
    expect(tiles(page, "variants")).to_have_count(4)


def test_the_address_leads_to_the_view(open_page: Open) -> None:
    page = open_page("/maximize?view=digits&channel=4")

    expect(page.get_by_text("The 4 it would love to see")).to_be_visible()
    expect(tiles(page, "maximized_classes")).to_have_count(10)
    expect(page.get_by_text(re.compile(r"^(9|10) of 10$")).first).to_be_visible()

    page.locator(".st-key-view").get_by_text("bench").click()
    expect(tiles(page, "bench")).to_have_count(10)
    expect(page.get_by_role("table")).to_contain_text("spectrum, moves")
    settle(page)
    assert "view=bench" in page.url


def test_hovering_reads_values_and_linked_pictures_follow(open_page: Open) -> None:
    page = open_page("/maximize?layer=conv1")
    page.locator(".st-key-exact_weights .tile").hover(position={"x": 5, "y": 5})

    expect(page.locator(".st-key-exact_weights .hover")).to_contain_text("row 0, column 0")
    expect(page.locator(".st-key-loved .hover")).to_contain_text("row 0, column 0")


def test_it_fits_a_phone(phone: Page, server: str) -> None:
    for path in ("/maximize?layer=conv2", "/maximize?view=digits", "/maximize?view=bench"):
        phone.goto(server + path)
        settle(phone)
        expect(phone.locator(".tile").first).to_be_visible()
        if path.endswith("bench"):
            expect(phone.get_by_role("table")).to_be_visible()  # comes last, and is the widest
        main = phone.get_by_test_id("stMain")
        assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 1, path
