"""The maps widget in a real browser: true values, true colors, mouse, keyboard, themes, sizes."""

import base64
import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, expect

from cnnviz import load_model
from cnnviz.colors import Scale, Theme, color
from cnnviz.ui.components.shared.loader import script
from cnnviz.ui.components.shared.transport import pack
from tests.support.browser import IMPATIENT, aim, paint, settle
from tests.support.waiting import wait_for

OpenPage = Callable[..., Page]
ROOT = "document.querySelector('.st-key-{} [data-testid=stBidiComponentIsolated]').shadowRoot"


@cache
def weights() -> NDArray[np.float32]:
    """(N, k, k), of the model on screen."""
    return load_model().conv1.weight.detach()[:, 0].numpy()


def count() -> int:
    return len(weights())


def side() -> int:
    return weights().shape[-1]


def limit() -> float:
    return float(np.abs(weights()).max())


@pytest.fixture
def filters(open_page: OpenPage) -> OpenPage:
    """filters("?channel=3") -> the filters page, its kernels drawn."""

    def open_filters(link: str = "") -> Page:
        page = open_page(f"/filters{link}")
        expect(widget(page)).to_have_attribute("data-selected", re.compile(r"\d"))
        return page

    return open_filters


def widget(page: Page, key: str = "kernels") -> Locator:
    return page.locator(f".st-key-{key} .maps")


def tile(page: Page, number: int, key: str = "kernels") -> Locator:
    return page.locator(f".st-key-{key} .tile .picture").nth(number)


def expect_selected(page: Page, number: int) -> None:
    """In the picture, in Python (the panel's title) and in the address."""
    expect(widget(page)).to_have_attribute("data-selected", str(number))
    expect(page.get_by_text(re.compile(rf"^Filter {number} of"))).to_be_visible()
    expect(page).to_have_url(re.compile(rf"channel={number}\b") if number else re.compile(r"/filters"))


def pixel(page: Page, number: int, row: int, column: int) -> list[int]:
    """RGB drawn in the middle of a cell of a kernel."""
    return page.evaluate(
        f"""([number, x, y]) => {{
            const root = {ROOT.format("kernels")}
            const canvas = root.querySelector("canvas")
            const picture = root.querySelectorAll(".picture")[number].getBoundingClientRect()
            const box = canvas.getBoundingClientRect()
            const left = picture.left - box.left + x * picture.width
            const top = picture.top - box.top + y * picture.height
            const scale = canvas.width / box.width
            const pixel = canvas.getContext("2d").getImageData(left * scale, top * scale, 1, 1).data
            return [...pixel].slice(0, 3)
        }}""",
        [number, (column + 0.5) / side(), (row + 0.5) / side()],
    )


# ---- what is drawn ----


def point(page: Page, number: int, row: int, column: int) -> None:
    box = tile(page, number).bounding_box()
    assert box is not None
    cell = box["width"] / side()
    page.mouse.move(box["x"] + cell * (column + 0.5), box["y"] + cell * (row + 0.5))


def expect_hover(page: Page, text: str) -> None:
    expect(widget(page).locator(".hover")).to_have_text(text, timeout=IMPATIENT)


def test_hover_tells_place_and_true_value(filters: OpenPage) -> None:
    page = filters()
    for number, row, column in [(0, 0, 0), (5, 2, 1), (count() - 1, 1, 2)]:
        value = f"{weights()[number, row, column]:.4f}".replace("-", "−")
        text = f"filter {number} · row {row}, column {column}: {value}"
        aim(partial(point, page, number, row, column), partial(expect_hover, page, text))
        expect(widget(page)).to_have_attribute("data-hover", text)
    page.mouse.move(5, 5)
    expect(widget(page)).to_have_attribute("data-hover", "")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_cells_have_the_palettes_colors_in_both_themes(page: Page, server: str, theme: Theme) -> None:
    page.emulate_media(color_scheme=theme)
    page.goto(f"{server}/filters")
    expect(widget(page)).to_have_attribute("data-selected", "0")
    for number, row, column in [(0, 0, 0), (3, 1, 1), (count() - 1, 2, 0)]:
        expect_color(page, (number, row, column), theme)


def expect_color(page: Page, place: tuple[int, int, int], theme: Theme) -> None:
    expected = color(weights()[place], limit(), theme=theme).astype(int)
    wait_for(lambda: np.abs(pixel(page, *place) - expected).max() <= 3)  # the browser has 513 steps


def test_theme_switch_redraws_without_a_reload(filters: OpenPage) -> None:
    page = filters()
    light = pixel(page, 3, 1, 1)
    page.evaluate(f"() => {{ window.kept = {ROOT.format('kernels')}.querySelector('canvas') }}")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        f"""() => {{ const c = {ROOT.format("kernels")}.querySelector("canvas")
        return c === window.kept && getComputedStyle(c.getRootNode().host)
            .getPropertyValue("--st-background-color") === "#171614" }}"""
    )
    expect_color(page, (3, 1, 1), "dark")
    assert pixel(page, 3, 1, 1) != light


def test_range_is_printed(filters: OpenPage) -> None:
    page = filters()
    ends = widget(page).locator(".ends span")
    expect(ends.nth(0)).to_have_text(f"−{limit():.3f}" if limit() < 1 else f"−{limit():.2f}")
    expect(ends.nth(1)).to_have_text("0")
    low, high = map(float, str(widget(page).get_attribute("data-range")).split())
    assert (low, high) == pytest.approx((-limit(), limit()))

    page.get_by_role("radio", name="unit").or_(page.get_by_role("button", name="unit", exact=True)).click()
    tile(page, 4).hover()
    own = float(np.abs(weights()[4]).max())
    expect(widget(page).locator(".whose")).to_have_text("this one's own range")
    assert float(str(widget(page).get_attribute("data-range")).split()[1]) == pytest.approx(own)


# ---- choosing ----


def test_click_reaches_python_and_the_address_and_a_link_brings_it_back(filters: OpenPage) -> None:
    page = filters()
    tile(page, 9).click()
    expect_selected(page, 9)
    page.reload()
    expect_selected(page, 9)


def test_python_moves_the_selection(filters: OpenPage) -> None:
    page = filters()
    tile(page, 9).click()
    expect_selected(page, 9)
    number = page.get_by_label("Filter", exact=True)
    number.fill("12")
    number.press("Enter")
    expect_selected(page, 12)


def test_keyboard_moves_the_selection_however_fast(filters: OpenPage) -> None:
    page = filters()
    page.locator(".st-key-kernels .tiles").focus()
    for _ in range(13):
        page.keyboard.press("ArrowRight")
    expect_selected(page, 13)
    settle(page)  # late answers to earlier presses must not undo the last one
    expect_selected(page, 13)
    page.keyboard.press("End")
    expect_selected(page, count() - 1)
    page.keyboard.press("ArrowRight")  # nothing behind the last
    expect_selected(page, count() - 1)
    page.keyboard.press("Home")
    expect_selected(page, 0)


def test_keyboard_reads_cells(filters: OpenPage) -> None:
    page = filters()
    page.locator(".st-key-kernels .tiles").focus()
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    value = f"{weights()[0, 1, 1]:.4f}".replace("-", "−")
    expect(widget(page).locator(".hover")).to_have_text(f"filter 0 · row 1, column 1: {value}")


def test_widget_describes_itself(filters: OpenPage) -> None:
    page = filters("?channel=2")
    expect_selected(page, 2)
    listbox = page.get_by_role("listbox", name=re.compile("Weights of"))
    expect(listbox.get_by_role("option")).to_have_count(count())
    expect(listbox.get_by_role("option", selected=True)).to_have_accessible_name("filter 2")
    assert listbox.get_attribute("aria-activedescendant") == "tile-2"
    expect(page.get_by_role("img", name=re.compile("Response of filter 2 of conv1"))).to_be_visible()


def test_linked_pictures_point_together(filters: OpenPage) -> None:
    page = filters("?layer=conv2")
    pictures = page.locator(".st-key-kernel_pair .tile .picture")
    pictures.nth(1).hover()
    expect(widget(page, "kernel_pair").locator(".hover")).to_contain_text("now · row")


# ---- redrawing and sizes ----


def test_other_data_reuse_the_canvas(filters: OpenPage) -> None:
    page = filters()
    page.evaluate(f"() => {{ window.kept = {ROOT.format('kernels')}.querySelector('canvas') }}")
    page.locator("[data-testid=stButtonGroup] button", has_text="conv2").click()
    expect(page.get_by_text(re.compile("^Filter 0 of conv2"))).to_be_visible()
    second = len(load_model().conv2.weight)
    expect(page.locator(".st-key-kernels .tile")).to_have_count(second)
    assert page.evaluate(f"() => {ROOT.format('kernels')}.querySelector('canvas') === window.kept")


def test_phone_has_four_tiles_a_row_and_no_sideways_scrolling(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server}/filters")
    expect(widget(page)).to_have_attribute("data-selected", "0")
    tops = [tile(page, number).bounding_box() for number in range(5)]
    assert len({round(box["y"]) for box in tops[:4] if box}) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_touch_selects_and_leaves_the_value_standing(browser: Browser, server: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{server}/filters")
    expect(widget(page)).to_have_attribute("data-selected", "0")
    tile(page, 6).tap()
    expect(widget(page)).to_have_attribute("data-selected", "6")
    value = f"{weights()[6, side() // 2, side() // 2]:.4f}".replace("-", "−")
    expect(widget(page).locator(".hover")).to_have_text(
        f"filter 6 · row {side() // 2}, column {side() // 2}: {value}"
    )
    context.close()


def test_resize_keeps_every_cell_the_same_whole_number_of_pixels(filters: OpenPage) -> None:
    page = filters()
    for width in (1400, 1000, 700, 1900):
        page.set_viewport_size({"width": width, "height": 900})
        paint(page, 3)  # an observer lays it out anew
        box = tile(page, 0).bounding_box()
        assert box is not None
        assert box["width"] % side() == pytest.approx(0, abs=1e-6)
        assert box["width"] == pytest.approx(box["height"])


# ---- the JavaScript against Python ----


@pytest.fixture
def in_browser(page: Page) -> Callable[[str, Any], Any]:
    """Runs a JavaScript expression of `given` and what the shared modules export."""
    page.goto("about:blank")

    def run(expression: str, given: Any = None) -> Any:
        return page.evaluate(
            f"""async ([scripts, given]) => {{
              const shared = {{}}
              for (const script of scripts) {{
                const url = URL.createObjectURL(new Blob([script], {{ type: "text/javascript" }}))
                Object.assign(shared, await (await import(url)).main)
              }}
              const {{ unpack, colorTable, colorIndex, formatNumber }} = shared
              return {expression}
            }}""",
            [[script(f"shared/{name}.js") for name in ("transport", "colors", "numbers")], given],
        )

    return run


def test_unpack_reads_what_pack_wrote(in_browser: Callable[[str, Any], Any]) -> None:
    random = np.random.default_rng(1)
    arrays = {
        "odd": np.array([1, 2, 255], np.uint8),
        "maps": random.normal(size=(2, 3, 4)).astype(np.float32),
        "winners": np.array([-1, 2**31 - 1], np.int32),
    }
    content = base64.b64encode(pack({"label": "Ä ö"}, arrays)).decode()
    for shift in (0, 1):  # Streamlit hands over a view that need not begin at a multiple of four
        read = in_browser(
            f"""(() => {{ const bytes = Uint8Array.from(atob(given), (c) => c.charCodeAt(0))
            const moved = new Uint8Array(bytes.length + {shift}); moved.set(bytes, {shift})
            const {{ label, arrays }} = unpack(moved.subarray({shift}))
            return {{ label, arrays: Object.fromEntries(Object.entries(arrays).map(
                ([name, {{ shape, values }}]) => [name, [shape, [...values]]])) }} }})()""",
            content,
        )
        assert read["label"] == "Ä ö"
        for name, array in arrays.items():
            shape, values = read["arrays"][name]
            np.testing.assert_array_equal(np.array(values, array.dtype).reshape(shape), array)


@pytest.mark.parametrize("scale", ["signed", "digit"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_browser_and_python_color_alike(
    in_browser: Callable[[str, Any], Any], scale: Scale, theme: Theme
) -> None:
    values = np.linspace(-1.2, 1.2, 241)
    packed = in_browser(
        f"given.map((value) => colorTable('{scale}', '{theme}')[colorIndex(value, 1)])", values.tolist()
    )
    seen = np.array([[pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255] for pixel in packed])
    assert np.abs(seen - color(values, 1, scale, theme)).max() <= 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.000"),
        (1, "1.00"),
        (-0.0421, "−0.042"),
        (12.345, "12.3"),
        (1e-7, "1.00e−7"),
        (123456, "1.23e+5"),
    ],
)
def test_numbers_read_well(in_browser: Callable[[str, Any], Any], value: float, text: str) -> None:
    assert in_browser("formatNumber(given)", value) == text
