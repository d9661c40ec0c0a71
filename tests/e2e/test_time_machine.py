"""The time machine in the browser: the slider, the film, the link, the way back, files to take away."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest
from PIL import Image
from playwright.sync_api import Browser, Download, Page, expect

from tests.support.browser import choose_page, running_server, settle
from tests.support.runs import past_run

Open = Callable[[str], Page]
MACHINE = ".st-key-time_machine .machine"
LAST = "3"  # the index of the last moment
# What the badge beside the title said, one after the other.
NOTE_MOMENTS = """() => {
  window.seen = []
  const note = () => {
    const said = document.querySelector(".st-key-earlier")?.textContent.match(/step \\d+ /)?.[0]
    if (said && window.seen.at(-1) !== said) window.seen.push(said)
  }
  new MutationObserver(note).observe(document.body, {subtree: true, characterData: true, childList: true})
}"""


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app whose data folder holds a run with a past; it ends in that run's key."""
    home = tmp_path_factory.mktemp("past")
    key = past_run(home)
    with running_server(home, home / "server.log") as address:
        yield f"{address}/{{page}}?model={key}"
    assert "Traceback" not in (home / "server.log").read_text()


@pytest.fixture
def visit(browser: Browser, past: str) -> Iterator[Open]:
    context = browser.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True)

    def open_it(page: str) -> Page:
        tab = context.new_page()
        name, _, rest = page.partition("&")
        tab.goto(past.format(page=name) + (f"&{rest}" if rest else ""))
        settle(tab)
        return tab

    yield open_it
    context.close()


def test_keys_move_the_page_the_link_and_the_way_back(visit: Open) -> None:
    page = visit("filters")
    expect(page.locator(MACHINE)).to_have_attribute("data-selected", LAST)

    slider = page.locator(f"{MACHINE} input")
    slider.focus()
    slider.press("Home")
    expect(page.get_by_role("button", name="Back to the trained model")).to_be_visible(timeout=30_000)
    expect(page.locator(".st-key-earlier")).to_contain_text("step 0 of 16", timeout=30_000)
    slider.press("ArrowRight")
    expect(page.locator(".st-key-earlier")).to_contain_text("step 3 of 16", timeout=30_000)
    expect(slider).to_be_focused()
    words = "step 3 of 16 · epoch 0.38, 15.0% of its last training digits right"
    expect(slider).to_have_attribute("aria-valuetext", words)
    page.wait_for_url("**snapshot=3**", timeout=30_000)

    other = visit("activations&snapshot=3")
    expect(other.locator(".st-key-earlier")).to_contain_text("step 3 of 16")
    other.get_by_role("button", name="Back to the trained model").click()
    expect(other.locator(MACHINE)).to_have_attribute("data-selected", LAST, timeout=30_000)
    expect(other.locator(".st-key-earlier")).to_have_count(0, timeout=30_000)
    settle(other)
    assert "snapshot" not in other.url


def test_a_film_plays_to_the_end_and_goes_on_over_a_change_of_page(visit: Open) -> None:
    page = visit("filters")
    page.evaluate(NOTE_MOMENTS)
    page.get_by_role("button", name="Play the training").click()
    choose_page(page, "Activations")
    expect(page.locator(MACHINE)).to_have_attribute("data-selected", LAST, timeout=60_000)
    expect(page.get_by_role("button", name="Play the training")).to_be_visible(timeout=30_000)
    settle(page)

    assert page.evaluate("window.seen") == ["step 0 ", "step 3 ", "step 8 "]
    expect(page.locator(".st-key-earlier")).to_have_count(0, timeout=30_000)
    assert "snapshot" not in page.url


def test_a_click_stops_the_film(visit: Open) -> None:
    page = visit("filters")
    page.get_by_role("button", name="Play the training").click()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Play the training")).to_be_visible(timeout=30_000)
    settle(page)
    stopped = page.locator(MACHINE).get_attribute("data-selected")
    step = [0, 3, 8][int(stopped or 0)]

    page.wait_for_url(f"**snapshot={step}**", timeout=30_000)
    expect(page.locator(".st-key-earlier")).to_contain_text(f"step {step} of 16")


def test_the_training_can_be_taken_away_as_a_film(visit: Open) -> None:
    page = visit("filters")
    page.get_by_role("button", name="Film").click()
    page.locator(".st-key-film_draw button").click()
    files = {}
    for ending in ("gif", "mp4"):
        button = page.locator(f".st-key-film_{ending} button")
        button.wait_for(timeout=60_000)
        with page.expect_download(timeout=60_000) as download:
            button.click()
        files[ending] = _content(download.value)

    with Image.open(io.BytesIO(files["gif"])) as film:
        assert film.n_frames == 4  # type: ignore[attr-defined]
        assert film.width == 720
    with av.open(io.BytesIO(files["mp4"])) as video:
        assert len(list(video.decode(video=0))) >= 4
        assert video.streams.video[0].width == 720


def _content(download: Download) -> bytes:
    assert download.suggested_filename.startswith("training-kernels-conv1.")
    return Path(download.path()).read_bytes()


def test_the_films_dialog_is_built_when_it_opens_and_gone_when_it_closes(visit: Open) -> None:
    page = visit("filters")
    expect(page.locator(".st-key-film_draw")).to_have_count(0)
    page.get_by_role("button", name="Film").click()
    expect(page.locator(".st-key-film_draw button")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-film_draw")).to_have_count(0)
    choose_page(page, "Pooling")

    expect(page.get_by_role("heading", name="Pooling", level=1)).to_be_visible()
    settle(page)  # no late run of the page before takes it back
    expect(page.get_by_role("heading", name="Pooling", level=1)).to_be_visible()
    expect(page.locator(".st-key-film_draw")).to_have_count(0)
