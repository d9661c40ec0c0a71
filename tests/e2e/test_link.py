"""The browser's Back and Forward go through the choices in the address, and from page to page."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

Open = Callable[[str], Page]
PATIENCE = 30_000


def test_back_and_forward_follow_the_choices(open_page: Open) -> None:
    page = open_page("/pooling?model=classic")
    first, second = (page.get_by_role("radio", name=name, exact=True) for name in ("pool1", "pool2"))
    expect(first).to_be_checked(timeout=PATIENCE)
    expect(page).not_to_have_url(re.compile("layer="))

    second.click()
    expect(page).to_have_url(re.compile(r"[?&]layer=pool2"), timeout=PATIENCE)
    page.go_back()
    expect(first).to_be_checked(timeout=PATIENCE)
    expect(page).not_to_have_url(re.compile("layer="))
    page.go_forward()
    expect(second).to_be_checked(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"[?&]layer=pool2"))
