"""The from-scratch page in a real browser: steps, training that grows and stops, exercises."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import settle

OpenPage = Callable[[str], Page]
SLOW = 60_000  # milliseconds; other tests may be running


def test_steps_go_forward_and_back_with_the_code_that_ran(open_page: OpenPage) -> None:
    page = open_page("/from_scratch?stage=patches")
    following = page.locator(".st-key-scratch_next button")
    for title, code in (
        ("Every patch times every filter", "def convolve("),
        ("Keep the largest of four", "def pool("),
    ):
        following.click()
        expect(page.get_by_role("heading", name=title)).to_be_visible(timeout=SLOW)
        expect(page.locator("[data-testid=stCode]").first).to_contain_text(code, timeout=SLOW)
    settle(page)

    assert "stage=pooling" in page.url


def test_a_clicked_map_becomes_the_filter_everywhere(open_page: OpenPage) -> None:
    page = open_page("/from_scratch?stage=filters")
    page.locator(".st-key-scratch_convolved [role=option]").nth(2).click()

    expect(page.get_by_role("spinbutton", name="Filter")).to_have_value("2", timeout=SLOW)
    settle(page)
    expect(page.locator(".st-key-scratch_products")).to_contain_text("filter 2", timeout=SLOW)


def test_training_grows_stops_and_is_kept(open_page: OpenPage) -> None:
    page = open_page("/from_scratch")
    progress = page.get_by_test_id("stProgress")
    expect(progress).to_contain_text("epoch 2.0 of 2", timeout=SLOW)

    page.locator(".st-key-scratch_train button").click()
    expect(progress).to_contain_text("of 3,", timeout=SLOW)
    page.locator(".st-key-scratch_stop button").click()
    expect(page.locator(".st-key-scratch_train button")).to_be_enabled(timeout=SLOW)
    settle(page)

    expect(progress).to_contain_text("of 3,")
    expect(page.locator(".st-key-scratch_stop button")).to_be_disabled()
