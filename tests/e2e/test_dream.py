"""The dream page as a visitor uses it: the divider, the galleries, a dream that grows, stop and resume."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import paint, settle
from tests.support.waiting import wait_for

OpenPage = Callable[[str], Page]

_THUMBNAIL = """async (picture) => {
  await picture.decode()
  const canvas = document.createElement("canvas")
  canvas.width = canvas.height = 32
  const brush = canvas.getContext("2d")
  brush.drawImage(picture, 0, 0, 32, 32)
  return Array.from(brush.getImageData(0, 0, 32, 32).data)
}"""


def pixels(page: Page, which: str) -> list[int]:
    values: list[int] = page.locator(f".st-key-dream_picture img.{which}").evaluate(_THUMBNAIL)
    return values


def difference(one: list[int], other: list[int]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def done(page: Page) -> None:
    expect(page.locator(".st-key-dream_status")).to_contain_text("with more of", timeout=60_000)
    settle(page)


def test_a_dream_is_on_screen_at_once_and_the_divider_moves(open_page: OpenPage) -> None:
    page = open_page("/dream")
    expect(page.locator(".st-key-dream_status")).to_contain_text("Computed beforehand")
    assert difference(pixels(page, "before"), pixels(page, "after")) > 5

    slider = page.locator(".st-key-dream_picture input[type=range]")
    stage = page.locator(".st-key-dream_picture .stage")
    box = stage.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 900  # above the fold
    page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"])
    expect(slider).to_have_value(re.compile(r"^(79|80|81)$"))
    slider.press("ArrowLeft")
    expect(slider).to_have_value(re.compile(r"^(78|79|80)$"))
    divider = page.locator(".st-key-dream_picture .divider").bounding_box()
    assert divider is not None
    assert abs(divider["x"] - box["x"] - 0.79 * box["width"]) < 0.03 * box["width"]


def test_choosing_a_layer_changes_picture_and_address(open_page: OpenPage) -> None:
    page = open_page("/dream")
    before = pixels(page, "after")
    page.get_by_role("radio", name="Lines").click()
    page.wait_for_url(re.compile("dream_layer=block2"))
    expect(page.locator(".st-key-dream_status")).to_contain_text("Lines")
    wait_for(lambda: difference(before, pixels(page, "after")) > 10)
    settle(page)  # a key pressed while the page still runs may be lost
    page.get_by_role("radio", name="Lines").press("ArrowRight")
    page.wait_for_url(re.compile("dream_layer=block4"))


def test_a_dream_grows_and_can_be_stopped_and_resumed(open_page: OpenPage) -> None:
    page = open_page("/dream?dream_layer=stem")
    page.get_by_role("radio", name="Cat").click()
    stop = page.locator(".st-key-dream_stop button")
    expect(stop).to_be_visible(timeout=60_000)
    stop.click()
    expect(page.locator(".st-key-dream_resume button")).to_be_visible()
    status = page.locator(".st-key-dream_status")
    expect(status).to_contain_text("Stopped")
    settle(page)
    standing = status.inner_text()
    paint(page, 40)  # more than the time between two frames of the dream
    settle(page)
    assert status.inner_text() == standing

    page.locator(".st-key-dream_resume button").click()
    done(page)
    expect(status).to_contain_text("Cat with more of Edges")
    assert difference(pixels(page, "before"), pixels(page, "after")) > 3
    with page.expect_download() as download:
        page.get_by_role("button", name="GIF").click()
    assert download.value.path().read_bytes().startswith(b"GIF89a")


def test_inside_view_choosing_a_unit_in_either_picture(open_page: OpenPage) -> None:
    page = open_page("/dream?dream_view=Look+inside")
    wishes = page.locator(".st-key-inside_wishes_block11 button")
    expect(wishes).to_have_count(24)
    name = wishes.nth(3).inner_text().strip()
    wishes.nth(3).click()
    expect(page.get_by_text(re.compile(rf"^Unit {name} of Creatures"))).to_be_visible()
    settle(page)
    expect(page.locator(".st-key-inside_maps_block11 .tile").nth(3)).to_have_attribute(
        "aria-selected", "true"
    )


def test_nothing_overflows_on_a_phone(open_page: OpenPage) -> None:
    for path in ("/dream", "/dream?dream_view=Look+inside"):
        page = open_page(path)
        page.set_viewport_size({"width": 390, "height": 844})
        settle(page)
        page.wait_for_function("() => document.documentElement.scrollWidth <= 392")
        for selector in ("img.after", ".gallery"):
            for box in page.locator(selector).evaluate_all(
                "(all) => all.map((each) => each.getBoundingClientRect().right)"
            ):
                assert box <= 390
