"""The stroke replay in a real browser: played without the server, and never in the way of drawing."""

import re
from collections.abc import Callable
from itertools import pairwise

from playwright.sync_api import Locator, Page, expect

from tests.support.browser import settle
from tests.support.drawing import STROKES, expect_digit, pen

OpenPage = Callable[[str], Page]


def player(page: Page) -> Locator:
    return page.locator(".st-key-replay .replay")


def replayed(page: Page) -> Page:
    """A 7 was drawn, and its replay asked for."""
    pen(page, STROKES[7], steps=8)
    expect_digit(page, 7)
    page.get_by_role("button", name="Replay my drawing").click()
    expect(player(page)).to_have_attribute("data-reading", "7")
    settle(page)  # what is below it moves nothing any more
    return page


def steps(page: Page) -> int:
    return int(page.locator(".st-key-replay input[type=range]").get_attribute("max") or 0)


def test_play_runs_from_the_first_point_to_the_answer_without_the_server(open_page: OpenPage) -> None:
    page = replayed(open_page("/draw"))
    last = steps(page)
    assert last > 10
    expect(player(page)).to_have_attribute("data-step", str(last))
    frames: list[str] = []
    page.on("websocket", lambda socket: frames.append(socket.url))
    page.context.set_offline(True)  # nothing may be asked of the server

    player(page).get_by_role("button", name="Play").click()

    expect(player(page).get_by_role("button", name="Pause")).to_be_visible()
    expect(player(page)).not_to_have_attribute("data-step", str(last))
    expect(player(page)).to_have_attribute("data-step", str(last), timeout=40_000)
    expect(player(page).get_by_role("button", name="Play")).to_be_visible()
    page.context.set_offline(False)
    assert not frames


def test_scrubbing_shows_the_reading_of_every_moment(open_page: OpenPage) -> None:
    page = replayed(open_page("/draw"))
    slider = page.locator(".st-key-replay input[type=range]")
    predictions = []
    for step in range(steps(page) + 1):
        slider.fill(str(step))
        expect(player(page)).to_have_attribute("data-step", str(step))
        predictions.append(player(page).get_attribute("data-reading"))

    assert predictions[-1] == "7"
    read = [prediction for prediction in predictions if prediction]
    changes = sum(before != after for before, after in pairwise(read))
    words = {0: "never changed its mind", 1: "changed its mind once"}.get(
        changes, f"changed its mind {changes} times"
    )
    expect(page.locator(".st-key-replay")).to_contain_text(words)
    expect(page.locator(".st-key-replay")).to_contain_text(f"{len(read)} parts of the drawing")


def test_pointing_at_the_chart_moves_to_that_moment(open_page: OpenPage) -> None:
    page = replayed(open_page("/draw"))
    plot = page.locator(".st-key-replay .plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    middle = int(player(page).get_attribute("data-step") or -1)
    assert 0 < middle < steps(page)
    expect(page.locator(".st-key-replay .where")).to_have_text(re.compile(r"^\d+% of the pen's way"))


def test_the_next_stroke_ends_the_replay_and_is_read(open_page: OpenPage) -> None:
    page = replayed(open_page("/draw"))
    page.locator(".st-key-canvas").scroll_into_view_if_needed()
    pen(page, [[(100, 150), (190, 150)]])

    expect(page.get_by_role("button", name="Replay my drawing")).to_be_visible()
    expect(player(page)).to_have_count(0)
    expect_digit(page, 7)


def test_fits_a_phone(phone: Page, server: str) -> None:
    phone.emulate_media(color_scheme="dark")
    phone.goto(server + "/draw")
    settle(phone)
    replayed(phone)
    for part in phone.locator(".st-key-replay canvas, .st-key-replay .controls").all():
        box = part.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390.5
