"""The activations page in a real browser: true values on hover, linked grids, one choice everywhere."""

import random
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from cnnviz import load_model, trace
from cnnviz.data.mnist import load_mnist
from cnnviz.interpret.receptive_fields import receptive_field
from tests.support.browser import settle

OpenPage = Callable[[str], Page]
SHADOW = "document.querySelector('.st-key-activation [data-testid=stBidiComponentIsolated]').shadowRoot"


def view(page: Page) -> Locator:
    return page.locator(".st-key-activation .activation")


def open_activations(open_page: OpenPage, link: str) -> Page:
    page = open_page(f"/activations{link}")
    expect(view(page)).to_have_attribute("data-milliseconds", re.compile(r"\d"))
    return page


def number(text: str) -> float:
    return float(text.replace("−", "-"))


@pytest.mark.parametrize(("layer", "stage"), [("relu1", "conv1"), ("relu2", "conv2"), ("pool1", "pool1")])
def test_pointing_reads_the_value_and_what_it_sees(open_page: OpenPage, layer: str, stage: str) -> None:
    model = load_model()
    passed = trace(model, load_mnist().test.images[61] / 255)
    channel = int(passed[layer].output.flatten(1).count_nonzero(1).argmax())
    values = passed[layer].output[channel]
    page = open_activations(open_page, f"?layer={stage}&channel={channel}&digit=61")
    screen = page.locator("[data-picture=map] .screen")
    side, chosen = len(values), random.Random(5)
    for _ in range(15):
        row, column = chosen.randrange(side), chosen.randrange(side)
        box = screen.bounding_box()
        assert box is not None
        x, y = (
            (column + 0.1 + 0.8 * chosen.random()) / side * box["width"],
            (row + 0.1 + 0.8 * chosen.random()) / side * box["height"],
        )
        screen.hover(position={"x": x, "y": y})  # waits until the layout stands still
        expect(view(page)).to_have_attribute("data-hover", re.compile(f"^Row {row}, column {column}:"))
        text = view(page).get_attribute("data-hover") or ""
        told = re.search(r": (\S+?)(?: |\. )", text)
        assert told is not None
        assert number(told[1]) == pytest.approx(float(values[row, column]), rel=5e-3, abs=6e-4)
        seen = receptive_field(model, layer, row, column)
        assert f"rows {seen.row} to {seen.row + seen.height - 1}, " in text
        assert f"columns {seen.column} to {seen.column + seen.width - 1}." in text


def test_arrow_keys_walk_over_the_cells(open_page: OpenPage) -> None:
    page = open_activations(open_page, "?layer=conv1")
    page.locator("[data-picture=map] .screen").focus()
    page.keyboard.press("ArrowDown")
    first = re.search(r"Row (\d+), column (\d+)", view(page).get_attribute("data-hover") or "")
    assert first is not None
    page.keyboard.press("ArrowLeft")
    expect(view(page)).to_have_attribute(
        "data-hover", re.compile(f"^Row {first[1]}, column {int(first[2]) - 1}:")
    )
    page.keyboard.press("Escape")
    expect(view(page)).to_have_attribute("data-hover", "")


@pytest.mark.parametrize("grid", ["maps_before", "maps_after"])
def test_a_click_selects_the_map_everywhere(open_page: OpenPage, grid: str) -> None:
    page = open_activations(open_page, "?layer=conv2")
    page.locator(f".st-key-{grid} .tile").nth(9).click()

    for key in ("maps_before", "maps_after"):
        expect(page.locator(f".st-key-{key} .maps")).to_have_attribute("data-selected", "9")
    expect(page.locator("[data-picture=map] figcaption")).to_have_text("relu2, map 9, after ReLU")
    expect(page).to_have_url(re.compile(r"channel=9\b"))


def test_the_grids_are_linked_while_pointing(open_page: OpenPage) -> None:
    page = open_activations(open_page, "?layer=conv1")
    page.locator(".st-key-maps_after .tile .picture").nth(4).hover()

    expect(page.locator(".st-key-maps_before .maps")).to_have_attribute(
        "data-hover", re.compile("^map 4 · row")
    )


def test_a_link_shows_the_same_view(open_page: OpenPage) -> None:
    page = open_activations(open_page, "?model=classic&layer=conv2&channel=17&digit=1234")

    expect(page.locator("[data-picture=map] figcaption")).to_have_text("relu2, map 17, after ReLU")
    expect(page.locator(".st-key-frame_digit")).to_contain_text("test digit 1,234")


@pytest.mark.parametrize("path", ["/activations", "/activations?model=mlp", "/activations?layer=logits"])
def test_nothing_is_wider_than_a_phone(phone: Page, server: str, path: str) -> None:
    phone.emulate_media(color_scheme="dark")
    phone.goto(server + path)
    settle(phone)
    expect(view(phone)).to_be_visible()
    for widest in phone.locator(".screen, .tiles, .maps, .histogram").all():
        box = widest.bounding_box()
        if box is not None:  # a dense unit has no map
            assert box["x"] + box["width"] <= 390.5
