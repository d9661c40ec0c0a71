"""Every component's modules in a real browser: they link, and the shared tokens reach their shadow roots."""

from typing import Any

import pytest
from playwright.sync_api import Page

from cnnviz.colors import CHOSEN
from cnnviz.numbers import probability
from cnnviz.ui.components.shared.loader import FOLDER, script

FOLDERS = sorted(path.parent.name for path in FOLDER.glob("*/*.js") if path.stem == path.parent.name)
LINK = """async (script) => {
  const entry = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })))
  return [typeof entry.default, typeof (await entry.main).default]
}"""
TOKEN = """() => {
  const element = document.querySelector(".st-key-kernels [data-testid=stBidiComponentIsolated]")
  const probe = element.shadowRoot.querySelector(".maps").appendChild(document.createElement("i"))
  probe.style.color = "var(--chosen)"
  return getComputedStyle(probe).color
}"""


@pytest.mark.parametrize("folder", FOLDERS)
def test_modules_link(page: Page, folder: str) -> None:
    assert page.evaluate(LINK, script(f"{folder}/{folder}.js")) == ["function", "function"]


def test_the_browser_writes_probabilities_as_python_does(page: Page) -> None:
    values = [0.0, 1e-9, 0.0004, 0.0005, 0.0123, 0.123, 0.5, 0.973, 0.9994, 0.9995, 0.99951, 1.0]
    source = (FOLDER / "shared/numbers.js").read_text()
    written = page.evaluate(
        """async ([source, values]) => {
          const script = new Blob([source], { type: "text/javascript" })
          const { probabilityText } = await import(URL.createObjectURL(script))
          return values.map(probabilityText)
        }""",
        [source, values],
    )

    assert written == [probability(value) for value in values]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tokens_follow_the_theme_into_shadow_roots(page: Page, server: str, theme: Any) -> None:
    page.emulate_media(color_scheme=theme)
    page.goto(f"{server}/filters")
    page.locator(".st-key-kernels .maps").wait_for()
    red, green, blue = (int(CHOSEN[theme][at : at + 2], 16) for at in (1, 3, 5))
    assert page.evaluate(TOKEN) == f"rgb({red}, {green}, {blue})"
