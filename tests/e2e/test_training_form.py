"""The train page's left side in a browser, at a desk and on a phone."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.support.browser import settle

OpenPage = Callable[[str], Page]


def number(page: Page, label: str) -> Locator:
    return page.get_by_role("spinbutton", name=label)


def start(page: Page) -> Locator:
    return page.locator(".st-key-train_start button")


def test_a_network_is_edited_on_a_phone_and_trained(open_page: OpenPage) -> None:
    open_page("/train").set_viewport_size({"width": 390, "height": 844})
    page = open_page("/train")
    page.get_by_role("button", name=re.compile("^conv2 ·")).click()
    number(page, "Kernel side").fill("13")
    number(page, "Kernel side").press("Enter")

    expect(page.get_by_text("conv2: a 13x13 kernel does not fit on a 12x12 map")).to_have_count(2)
    expect(start(page)).to_be_disabled()
    expect(number(page, "Kernel side")).to_have_value("13")
    number(page, "Kernel side").fill("7")
    number(page, "Kernel side").press("Enter")
    expect(start(page)).to_be_enabled()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="conv2 · 32 of 7×7")).to_be_visible()
    page.get_by_role("button", name="Convolution").click()
    expect(page.get_by_role("button", name="conv3 · 32 of 3×3")).to_be_visible()
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    start(page).click()
    expect(page.locator(".st-key-train_status")).to_contain_text(
        re.compile("Training|Measuring|Finished"), timeout=60_000
    )
    expect(page.get_by_text("Own network · 12/32/32, dense 128").first).to_be_visible()


CHANGED = """() => {
  const root = document.querySelector(".st-key-augmentation_versions [data-testid=stBidiComponentIsolated]")
  const canvas = root.shadowRoot.querySelector("canvas")
  const picture = canvas.toDataURL()
  const changed = window.picture !== undefined && window.picture !== picture
  window.picture = picture
  return changed
}"""


def test_sliders_change_the_preview(open_page: OpenPage) -> None:
    page = open_page("/train")
    page.get_by_role("tab", name="Augment").click()
    page.get_by_role("radio", name="Strong").click()
    turn = page.get_by_role("slider", name="Turn, up to degrees")
    expect(turn).to_have_value("8")
    settle(page)
    page.evaluate(CHANGED)
    turn.press("ArrowRight")

    expect(turn).to_have_value("9")
    page.wait_for_function(CHANGED)
    expect(page.get_by_role("combobox", name="Recipe")).to_have_value("Your own settings")
    expect(page.get_by_role("tab", name="Augment")).to_have_attribute("aria-selected", "true")
    expect(start(page)).to_be_enabled()
