"""The capsules page in a real browser: a slider redraws a capsule, another capsule stays chosen."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

OpenPage = Callable[[str], Page]
SLOW = 60_000  # milliseconds; other tests may be running


def test_a_slider_redraws_the_capsule_and_reset_undoes_it(open_page: OpenPage) -> None:
    page = open_page("/capsules?digit=61")
    length = page.get_by_text(re.compile(r"^Length \d"))
    before = length.inner_text()

    page.locator(".st-key-capsule_sliders input[type=range]").nth(3).press("ArrowRight")
    expect(length).not_to_have_text(before, timeout=SLOW)

    page.locator(".st-key-pose_reset button").click()
    expect(length).to_have_text(before, timeout=SLOW)


def test_the_chosen_capsule_stays_while_the_quarters_move(open_page: OpenPage) -> None:
    page = open_page("/capsules?digit=61")
    page.locator(".st-key-capsule").get_by_role("radio", name="0", exact=True).click()
    expect(page.locator(".st-key-capsule_moved")).to_contain_text("capsule 0", timeout=SLOW)

    page.locator(".st-key-scramble_again button").click()
    expect(page.locator(".st-key-capsule_moved")).to_contain_text("capsule 0", timeout=SLOW)
