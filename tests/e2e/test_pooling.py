"""The pooling picture in a real browser: the numbers it writes and the colors it paints are PyTorch's."""

import random
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from cnnviz import load_model, trace
from cnnviz.colors import CORNERS
from cnnviz.data.mnist import load_mnist
from cnnviz.interpret.pooling import Winners, logit_gradient, winners
from cnnviz.interpret.receptive_fields import receptive_field
from cnnviz.networks.network import Network
from cnnviz.networks.tracing import Trace
from cnnviz.ui.state.current_digit import FIRST_DIGIT
from tests.support.browser import IMPATIENT, aim, settle
from tests.support.waiting import wait_for

OpenPage = Callable[[str], Page]
SHADOW = "document.querySelector('.st-key-pooling_picture [data-testid=stBidiComponentIsolated]').shadowRoot"
SIDES = ("top left", "top right", "bottom left", "bottom right")


def picture(page: Page) -> Locator:
    return page.locator(".st-key-pooling_picture .pooling")


def open_pooling(open_page: OpenPage, link: str) -> Page:
    page = open_page(f"/pooling{link}")
    expect(picture(page)).to_have_attribute("data-milliseconds", re.compile(r"\d"))
    return page


def passed(name: str = "default", index: int = FIRST_DIGIT) -> tuple[Network, Trace]:
    model = load_model(name)
    return model, trace(model, load_mnist().test.images[index] / 255)


def point(
    page: Page,
    panel: str,
    cell: tuple[int, int],
    shape: tuple[int, int],
    window: tuple[int, int],
) -> None:
    """Move the mouse to the middle of a cell of a panel of so many rows and columns, into a window."""
    screen = page.locator(f"[data-panel={panel}] .screen")
    row, column = cell
    rows, columns = shape

    def move() -> None:
        box = screen.bounding_box()
        assert box is not None
        x, y = (column + 0.5) / columns * box["width"], (row + 0.5) / rows * box["height"]
        page.mouse.move(box["x"] + x, box["y"] + y)

    place = f"{window[0]} {window[1]}"
    aim(move, lambda: expect(picture(page)).to_have_attribute("data-place", place, timeout=IMPATIENT))


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def pixels(page: Page, panel: str, cells: list[tuple[int, int]], rows: int, columns: int) -> list[list[int]]:
    """RGB in the middle of the given (row, column) cells of a panel's map."""
    return page.evaluate(
        f"""([panel, cells, rows, columns]) => {{
            const canvas = {SHADOW}.querySelector(`[data-panel=${{panel}}] canvas.map`)
            const brush = canvas.getContext("2d")
            const color = (row, column) => brush.getImageData(
                (column + 0.5) / columns * canvas.width, (row + 0.5) / rows * canvas.height, 1, 1).data
            return cells.map(([row, column]) => [...color(row, column)].slice(0, 3))
        }}""",
        [panel, cells, rows, columns],
    )


def expect_window(
    page: Page, model: Network, run: Trace, layer: str, map_: int, place: tuple[int, int]
) -> None:
    """The picture writes out this window, as Python knows it."""
    row, column = place
    won = winners(model, run[layer])
    cells = run[layer].input[map_, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].flatten().tolist()
    shown = [number(text) for text in page.locator(".st-key-pooling_picture .window span").all_inner_texts()]
    assert shown == [pytest.approx(value, rel=5e-3, abs=6e-4) for value in cells]
    text = picture(page).get_attribute("data-hover") or ""
    at = (map_, row, column)
    assert text.startswith(f"{layer}, row {row}, column {column}:")
    if won.empty[at]:
        assert "All cells of the window are zero" in text
        return
    gradient = logit_gradient(model, run, layer, int(run.logits.argmax()))[at]
    told = re.search(r"All of the gradient, (\S+) for the logit", text)
    assert told is not None
    assert number(told[1]) == pytest.approx(float(gradient), rel=5e-3, abs=6e-4)
    box = receptive_field(model, layer.replace("pool", "relu"), int(won.rows[at]), int(won.columns[at]))
    assert f"rows {box.row} to {box.row + box.height - 1}, " in text
    assert f"columns {box.column} to {box.column + box.width - 1}." in text
    assert SIDES[int(won.corner[at])] in text
    if won.tied[at]:
        assert "A tie" in text
    else:
        lead = re.search(r"cell, (\S+) ahead of the next", text)
        assert lead is not None
        assert number(lead[1]) == pytest.approx(float(won.margin[at]), rel=5e-3, abs=6e-4)


@pytest.mark.parametrize(("name", "layer"), [("default", "pool1"), ("default", "pool2"), ("padded", "pool1")])
def test_pointing_writes_out_the_window_in_every_panel(open_page: OpenPage, name: str, layer: str) -> None:
    model, run = passed(name)
    chosen = random.Random(7)
    map_ = int(winners(model, run[layer]).tied.sum((1, 2)).argmax())  # the map with most ties
    page = open_pooling(open_page, f"?model={name}&layer={layer}&channel={map_}")
    _, height, width = run[layer].input.shape
    _, rows, columns = run[layer].output.shape
    for panel in ("feature", "mask", "pooled"):
        for _ in range(6):
            place = (chosen.randrange(rows), chosen.randrange(columns))
            cell = (2 * place[0] + chosen.randrange(2), 2 * place[1] + chosen.randrange(2))
            point(page, panel, cell, (height, width), place)
            expect_window(page, model, run, layer, map_, place)


def test_pointing_at_a_dot_on_the_digit_finds_its_window(open_page: OpenPage) -> None:
    model, run = passed()
    won = winners(model, run["pool1"])
    map_ = int(won.decided.sum((1, 2)).argmax())
    page = open_pooling(open_page, f"?channel={map_}")
    half = (28 - won.height) // 2  # from a cell of the first layer to the pixel in its middle
    for row, column in random.Random(3).sample(won.decided[map_].nonzero().tolist(), 8):
        place = (map_, row, column)
        pixel = (int(won.rows[place]) + half, int(won.columns[place]) + half)
        point(page, "digit", pixel, (28, 28), (row, column))
        expect_window(page, model, run, "pool1", map_, (row, column))


def mask_of(won: Winners, map_: int) -> list[tuple[int, int, int]]:
    """(row, column, corner) of decided winners on the feature map."""
    return [
        (int(won.rows[map_, i, j]), int(won.columns[map_, i, j]), int(won.corner[map_, i, j]))
        for i, j in won.decided[map_].nonzero().tolist()
    ]


@pytest.mark.parametrize(
    ("link", "layer", "index"), [("", "pool1", FIRST_DIGIT), ("?layer=pool2&digit=61", "pool2", 61)]
)
def test_every_winner_is_painted_in_its_corners_color(
    open_page: OpenPage, link: str, layer: str, index: int
) -> None:
    model, run = passed(index=index)
    won = winners(model, run[layer])
    page = open_pooling(open_page, link)
    map_ = int(picture(page).get_attribute("data-map") or -1)
    expected = mask_of(won, map_)
    assert len(expected) > 3
    found = pixels(page, "mask", [cell[:2] for cell in expected], won.height, won.width)
    for (_, _, corner), color in zip(expected, found, strict=True):
        assert "#" + "".join(f"{value:02x}" for value in color) == CORNERS[corner]


def test_the_gradient_view_paints_winners_alone(open_page: OpenPage) -> None:
    model, run = passed()
    won = winners(model, run["pool1"])
    page = open_pooling(open_page, "")
    map_ = int(picture(page).get_attribute("data-map") or -1)
    page.get_by_role("button", name="Gradient").click()

    gradient = logit_gradient(model, run, "pool1", int(run.logits.argmax()))[map_]
    limit = float(gradient.abs().max())
    shown = page.locator("[data-panel=mask] .range span").last.inner_text()
    assert number(shown) == pytest.approx(limit, rel=1e-2)
    i, j = divmod(int(gradient.abs().argmax()), gradient.shape[1])
    winner = (int(won.rows[map_, i, j]), int(won.columns[map_, i, j]))
    others = [(2 * i + r, 2 * j + c) for r in (0, 1) for c in (0, 1) if (2 * i + r, 2 * j + c) != winner]
    first, *rest = pixels(page, "mask", [winner, *others], won.height, won.width)
    assert rest == [[255, 255, 255]] * 3
    assert first != [255, 255, 255]


def test_choosing_a_mask_is_instant_and_reaches_the_address(open_page: OpenPage) -> None:
    page = open_pooling(open_page, "?layer=pool2")
    tiles = page.locator(".st-key-pooling_picture .tile")
    tiles.nth(5).click()

    expect(picture(page)).to_have_attribute("data-map", "5")
    expect(page).to_have_url(re.compile(r"channel=5\b"))
    expect(page.get_by_text(re.compile(r"^Map 5 of relu2"))).to_be_visible()
    page.locator(".st-key-pooling_picture .tiles").focus()
    page.keyboard.press("ArrowRight")
    expect(picture(page)).to_have_attribute("data-map", "6")
    expect(page).to_have_url(re.compile(r"channel=6\b"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(picture(page)).to_have_attribute("data-map", "6")
    expect(page).to_have_url(re.compile(r"channel=6\b"))


def test_arrow_keys_walk_over_the_windows(open_page: OpenPage) -> None:
    page = open_pooling(open_page, "?layer=pool2&channel=3")
    page.locator(".st-key-pooling_picture .panels").focus()  # first: it may scroll the page
    point(page, "pooled", (0, 0), (4, 4), (0, 0))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(picture(page)).to_have_attribute("data-place", "1 1")
    page.keyboard.press("Escape")
    expect(picture(page)).to_have_attribute("data-hover", "")


def test_moving_the_digit_marks_and_counts_what_changes(open_page: OpenPage) -> None:
    page = open_pooling(open_page, "")
    expect(page.locator(".st-key-pooling_picture .swatch.changed")).to_have_count(0)
    page.get_by_role("slider", name="Move right").focus()
    page.keyboard.press("ArrowRight")

    expect(page.locator(".st-key-pooling_picture .swatch.changed")).to_be_visible()
    expect(page.get_by_text("Moved 1 right, the digit is read as")).to_be_visible()
    expect(page).to_have_url(re.compile(r"right=1\b"))


def test_another_model_and_back(open_page: OpenPage) -> None:
    page = open_page("/pooling?model=mlp")
    page.get_by_role("button", name="Show a network that pools").click()
    expect(picture(page)).to_be_visible()
    settle(page)


@pytest.mark.parametrize("path", ["/pooling", "/pooling?layer=pool2&right=1", "/pooling?model=lenet5"])
def test_nothing_is_wider_than_a_phone(phone: Page, server: str, path: str) -> None:
    phone.emulate_media(color_scheme="dark")
    phone.goto(server + path)
    settle(phone)
    wide = phone.locator(".screen, .tiles, .maps")
    expect(wide).not_to_have_count(0)
    right = "(all) => Math.max(...all.map((each) => each.getBoundingClientRect().right))"
    wait_for(lambda: wide.evaluate_all(right) <= 390.5)
