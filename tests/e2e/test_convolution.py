"""The convolution page in a real browser: the window moves, the sums are PyTorch's, typing is safe."""

import random
import re
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Browser, Locator, Page, expect

from cnnviz.labs.convolution.kernels import CLASSIC, EXAMPLES
from cnnviz.ui.pages.convolution.page import VIEWS
from tests.support.browser import paint, settle

OpenPage = Callable[[str], Page]
PATIENCE = 30_000


def picture(page: Page, key: str = "convolution_picture") -> Locator:
    return page.locator(f".st-key-{key} .convolution")


def open_lab(open_page: OpenPage, link: str) -> Page:
    page = open_page(f"/convolution{link}")
    expect(picture(page)).to_have_attribute("data-milliseconds", re.compile(r"\d"), timeout=PATIENCE)
    return page


def number(text: str) -> float:
    return float(text.replace("−", "-").strip("()"))


def point(page: Page, figure: str, row: float, column: float, rows: int, columns: int) -> None:
    """Move the mouse to a place, in cells, on a figure of so many cells."""
    screen = page.locator(f"figure.{figure} .screen").first
    box = screen.bounding_box()
    assert box is not None
    screen.hover(position={"x": column / columns * box["width"], "y": row / rows * box["height"]})


@pytest.mark.parametrize(
    ("link", "settings", "padding"),
    [
        ("", {}, 0),
        ("?padding=2&dilation=2&bias=1.5", {"dilation": 2}, 2),
        ("?image=count&kernel=emboss&stride=2&padding=1", {"stride": 2}, 1),
    ],
)
def test_pointing_writes_pytorchs_sum_term_by_term(
    open_page: OpenPage, link: str, settings: dict[str, int], padding: int
) -> None:
    image = EXAMPLES["count" if "count" in link else "edge"].image
    kernel = CLASSIC["emboss" if "emboss" in link else "sobel_left"].kernel
    bias = 1.5 if "bias" in link else 0.0
    expected = F.conv2d(image[None, None], kernel[None, None], padding=padding, **settings)[0, 0] + bias
    rows, columns = expected.shape
    page = open_lab(open_page, link)
    chosen = random.Random(1)
    for _ in range(5):
        row, column = chosen.randrange(rows), chosen.randrange(columns)
        point(page, "partial", row + 0.5, column + 0.5, rows, columns)
        expect(picture(page)).to_have_attribute("data-place", f"{row} {column}")
        terms = page.locator(".convolution .term").all_inner_texts()
        sums = sum(number(value) * number(weight) for value, weight in (term.split(" × ") for term in terms))
        assert len(terms) == kernel.numel()
        assert sums + bias == pytest.approx(float(expected[row, column]), abs=1e-6)
        assert float(picture(page).get_attribute("data-value") or "nan") == pytest.approx(sums + bias)
        told = page.locator(".convolution .total .result").inner_text()
        assert number(told.removeprefix("= ")) == pytest.approx(sums + bias, rel=5e-3)


def test_keys_steps_and_play_move_the_same_window(open_page: OpenPage) -> None:
    page = open_lab(open_page, "?image=tiny&kernel=column")
    place = lambda text: expect(picture(page)).to_have_attribute("data-place", text, timeout=PATIENCE)  # noqa: E731
    place("0 0")  # 9, nearly as large as the largest
    expect(page.locator(".convolution .total .result")).to_have_text("= 9")
    page.locator(".convolution .stage").focus()
    page.keyboard.press("ArrowDown")
    place("1 0")
    page.keyboard.press("ArrowDown")
    place("1 0")
    page.locator(".convolution .next").click()
    place("1 1")
    page.locator(".convolution .next").click()
    place("0 0")
    page.locator(".convolution .back").click()
    place("1 1")
    expect(page.locator("figure.partial .range")).to_have_text("5 to 11")
    page.locator(".convolution .gray").click()
    expect(page.locator("figure.partial .range")).to_have_text("5 to 11, black 0, white 8")
    page.locator(".convolution .play").click()  # at the end: begins anew
    expect(page.locator(".convolution .play")).to_have_attribute("aria-label", "Pause")
    place("1 1")
    expect(page.locator(".convolution .play")).to_have_attribute("aria-label", "Play", timeout=PATIENCE)


def test_play_waits_while_the_pointer_is_on_the_picture(open_page: OpenPage) -> None:
    page = open_lab(open_page, "")
    point(page, "partial", 0.5, 0.5, 4, 4)
    expect(picture(page)).to_have_attribute("data-place", "0 0", timeout=PATIENCE)
    page.locator(".convolution .play").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".convolution .play")).to_have_attribute("aria-label", "Pause")
    paint(page, 50)  # three steps' time
    expect(picture(page)).to_have_attribute("data-place", "0 0")
    page.mouse.move(5, 5)
    expect(picture(page)).to_have_attribute("data-place", re.compile("[1-3] "), timeout=PATIENCE)


def test_text_in_a_cell_is_explained_and_a_number_is_taken(open_page: OpenPage) -> None:
    page = open_lab(open_page, "")
    cell = page.get_by_label("weight in row 0, column 2")
    cell.fill("abc")
    cell.press("Enter")
    expect(page.get_by_text("“abc” in row 0, column 2 of the kernel is not a number")).to_be_visible(
        timeout=PATIENCE
    )
    expect(cell).to_have_value("abc")
    expect(cell).to_have_attribute("aria-invalid", "true")
    expect(picture(page)).to_have_attribute("data-value", "-360")  # nothing is lost

    cell.fill("1/2")
    cell.press("Enter")
    expect(cell).to_have_value("0.500", timeout=PATIENCE)
    expect(cell).to_have_attribute("aria-invalid", "false")
    expect(page.get_by_text("is not a number")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"kernel=own"))
    page.locator(".convolution .stage").focus()
    kernel = torch.tensor([[1, 0, 0.5], [2, 0, -2], [1, 0, -1]], dtype=torch.float64)
    expected = F.conv2d(EXAMPLES["edge"].image[None, None], kernel[None, None])[0, 0]
    row, column = map(int, (picture(page).get_attribute("data-place") or "").split())
    expect(picture(page)).to_have_attribute("data-value", f"{float(expected[row, column]):g}")

    page.reload()
    settle(page)
    expect(page.get_by_label("weight in row 0, column 2")).to_have_value("0.500", timeout=PATIENCE)


def test_an_answer_is_judged_and_remembered_by_the_browser(open_page: OpenPage) -> None:
    page = open_lab(open_page, "")
    panel = page.locator(".st-key-exercise_convolution")
    panel.get_by_role("textbox").fill("twelve")
    panel.get_by_role("button", name="Check").click()
    expect(panel.get_by_text("is not a number")).to_be_visible(timeout=PATIENCE)
    panel.get_by_role("textbox").fill("123456")
    panel.get_by_role("button", name="Check").click()
    expect(panel.get_by_text("Not this time: it is")).to_be_visible(timeout=PATIENCE)
    expect(panel.get_by_text("0 of 1 answers right")).to_be_visible()

    page.reload()
    settle(page)
    expect(panel.get_by_text("0 of 1 answers right")).to_be_visible(timeout=PATIENCE)
    panel.get_by_role("button", name="Forget").click()
    expect(panel.get_by_text("answers right")).to_have_count(0, timeout=PATIENCE)
    page.reload()
    settle(page)
    expect(panel.get_by_role("textbox")).to_be_visible(timeout=PATIENCE)
    expect(panel.get_by_text("answers right")).to_have_count(0)


def test_nothing_is_wider_than_a_phone_and_a_finger_moves_the_window(browser: Browser, server: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True)
    page = context.new_page()
    for view in VIEWS:
        page.goto(f"{server}/convolution?lesson={view}")
        settle(page)
        expect(page.locator(".st-key-exercise_convolution")).to_be_visible(timeout=PATIENCE)
        for widest in page.locator(".screen, .tiles, .cells").all():
            box = widest.bounding_box()
            assert box is None or box["x"] + box["width"] <= 390.5
    page.goto(f"{server}/convolution")
    settle(page)
    box = page.locator("figure.partial .screen").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.9)
    expect(picture(page)).to_have_attribute("data-place", "3 3", timeout=PATIENCE)
    context.close()
