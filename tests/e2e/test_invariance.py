"""The invariance lab in a real browser."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import settle

Open = Callable[[str], Page]
PATIENCE = 30_000


def test_a_frame_is_chosen_and_play_walks_on(open_page: Open) -> None:
    page = open_page("/invariance")
    tiles = page.locator(".st-key-invariance_strip .tile")
    expect(tiles).to_have_count(17)
    tiles.nth(12).click()
    expect(page.get_by_text("At +4 px")).to_be_visible(timeout=PATIENCE)

    page.locator(".st-key-invariance_play").get_by_role("button", name="Play").click()
    expect(page.get_by_text("At +6 px")).to_be_visible(timeout=PATIENCE)
    page.locator(".st-key-invariance_play").get_by_role("button", name="Stop").click()
    expect(page.locator(".st-key-invariance_play").get_by_role("button", name="Play")).to_be_visible(
        timeout=PATIENCE
    )


def test_the_address_leads_to_the_view(open_page: Open) -> None:
    page = open_page("/invariance?invariance_view=Layer+by+layer&layer=pool2&model=classic")
    expect(page.locator(".st-key-invariance_maps .tile")).to_have_count(3)
    expect(page.get_by_text("One cell of pool2 is 4 px")).to_be_visible(timeout=PATIENCE)


def test_it_fits_a_phone(phone: Page, server: str) -> None:
    for view in ("Your digit", "The test set", "Layer by layer", "Augmentation"):
        phone.goto(f"{server}/invariance?invariance_view={view}")
        settle(phone)
        expect(phone.get_by_text("Predict, then reveal")).to_be_visible(timeout=PATIENCE)
        main = phone.get_by_test_id("stMain")
        assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 1, view
