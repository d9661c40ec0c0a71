"""A run started in the browser: seen learning, reloaded, stopped, and its model read a drawing."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from cnnviz.checkpoints.format import parse_checkpoint
from tests.support.browser import running_server, settle
from tests.support.drawing import STROKES, expect_digit, pen
from tests.support.waiting import wait_for

OpenPage = Callable[[str], Page]
LEARNED = 0.9  # enough to read a clear seven


def says(page: Page, text: str, seconds: float = 30) -> None:
    expect(page.locator(".st-key-train_status")).to_contain_text(text, timeout=1_000 * seconds)


def step(page: Page) -> int:
    found = re.search(r"step ([\d,]+) of", page.locator(".st-key-train_status").inner_text())
    return int(found[1].replace(",", "")) if found else -1


def accuracy(page: Page) -> float:
    found = re.search(r"([\d.]+)%", page.locator(".st-key-train_accuracy").inner_text())
    return float(found[1]) / 100 if found else 0.0


def test_watch_stop_and_use(open_page: OpenPage, browser: Browser) -> None:
    page = open_page("/train")
    says(page, "Ready")
    expect(page.locator(".st-key-train_stop button")).to_be_disabled()
    page.get_by_role("combobox", name="Recipe").click()
    page.get_by_role("option", name="Padded").click()  # long enough to be stopped
    settle(page)
    page.locator(".st-key-train_start button").click()

    says(page, "Training", 60)
    page.wait_for_url(re.compile(r"run=[\w-]{12}"))
    expect(page.locator(".st-key-train_start button")).to_be_disabled()
    wait_for(lambda: step(page) > 0)
    first = step(page)
    wait_for(lambda: step(page) > first + 5 and accuracy(page) > LEARNED)

    page.reload()
    settle(page)
    wait_for(lambda: step(page) > first)
    elsewhere = browser.new_context()  # another browser, by the address alone
    other = elsewhere.new_page()
    other.goto(page.url)
    wait_for(lambda: step(other) > first)
    elsewhere.close()

    page.locator(".st-key-train_stop button").click()
    says(page, "Stopped")
    stopped_at = step(page)
    says(page, "of MNIST's 10,000 test digits")
    expect(page.locator(".st-key-train_start button")).to_be_enabled()
    settle(page)
    assert step(page) == stopped_at > first

    with page.expect_download() as download:
        page.get_by_role("button", name="Download").first.click()
    assert parse_checkpoint(Path(download.value.path()).read_bytes())

    picker = page.get_by_role("combobox", name="Model")
    page.get_by_role("button", name="Use this model").click()
    expect(picker).to_have_value(re.compile("Padded, 10 epochs"))
    page.get_by_role("link", name="In use: draw for it").first.click()
    expect(page.get_by_role("heading", name="Draw")).to_be_visible()
    settle(page)
    expect(picker).to_have_value(re.compile("Padded, 10 epochs"))
    pen(page, STROKES[7])
    expect_digit(page, 7)


def test_pause_step_and_go_on_across_a_restart_of_the_server(browser: Browser, tmp_path: Path) -> None:
    """Nothing of a paused run lives in the server: another one shows it, steps it and lets it go on."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    with running_server(tmp_path / "home", tmp_path / "first.log") as address:
        page.goto(f"{address}/train")
        settle(page)
        page.locator(".st-key-train_start button").click()
        says(page, "Training", 60)
        page.locator(".st-key-train_pause button").click()
        says(page, "Paused")
        expect(page.locator(".st-key-train_start button")).to_be_enabled(timeout=30_000)
        path = page.url.removeprefix(address)
        paused_at = step(page)
        page.goto("about:blank")
    with running_server(tmp_path / "home", tmp_path / "second.log") as address:
        page.goto(address + path)
        settle(page)
        says(page, f"Paused · step {paused_at:,} of")
        page.locator(".st-key-train_step button").click()
        says(page, f"Paused · step {paused_at + 1:,} of")
        page.locator(".st-key-train_rate button").first.click()
        page.get_by_role("button", name="÷ 2").click()
        expect(page.get_by_text("plan × 0.5")).to_be_visible(timeout=30_000)
        page.keyboard.press("Escape")
        page.locator(".st-key-train_go_on button").click()
        wait_for(lambda: step(page) > paused_at + 5)
        for view, chart in {"Gradients": "train_gradients", "Confusion": "train_confusion"}.items():
            page.locator(".st-key-train_view").get_by_text(view, exact=True).click()
            expect(page.locator(f".st-key-{chart} [data-testid=stVegaLiteChart]")).to_be_visible(
                timeout=30_000
            )
        page.locator(".st-key-train_stop button").click()
        says(page, "Stopped", 60)
    page.context.close()
    for log in tmp_path.glob("*.log"):
        assert "Traceback" not in log.read_text()


def test_wrong_address_is_a_sentence(open_page: OpenPage) -> None:
    page = open_page("/train?run=../../secret")

    expect(page.get_by_text("no such training run")).to_be_visible()
    says(page, "Ready")
