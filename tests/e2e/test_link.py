"""The browser's Back and Forward go through the choices in the address, and from page to page."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

Open = Callable[[str], Page]
PATIENCE = 30_000


def test_back_and_forward_follow_the_choices(open_page: Open) -> None:
    page = open_page("/pooling?model=classic")
    layer = page.locator(".st-key-layer")
    chosen = layer.locator("button[kind$=Active]")
    expect(chosen).to_have_text("pool1", timeout=PATIENCE)

    layer.get_by_role("radio", name="pool2").or_(layer.get_by_role("button", name="pool2")).first.click()
    expect(page).to_have_url(re.compile(r"[?&]layer=pool2"), timeout=PATIENCE)
    expect(chosen).to_have_text("pool2")

    page.go_back()
    expect(chosen).to_have_text("pool1", timeout=PATIENCE)
    expect(page).not_to_have_url(re.compile("layer="))
    page.go_forward()
    expect(chosen).to_have_text("pool2", timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"[?&]layer=pool2"))
