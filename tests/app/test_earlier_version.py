"""What an earlier version's users have works on today's pages: links of every kind, and quiz progress."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.ui.state.learning_progress import checked
from tests.support.text import frame_digit, frame_reading

EARLIER = Path(__file__).parents[1] / "data" / "earlier"
ROOT = Path(__file__).parents[2]
MADE, LINKS = (json.loads((EARLIER / name).read_text()) for name in ("made.json", "links.json"))
CONTROLS = ("selectbox", "slider", "number_input", "button_group", "toggle", "checkbox", "text_input")
NAMES = {"Edges": "stem", "VGG-16": "vgg16"}  # controls that held titles
Go = Callable[..., AppTest]
pytestmark = pytest.mark.usefixtures("quick")


def title(link: dict[str, Any]) -> str:
    return f"{link['page']}?{'&'.join('='.join(pair) for pair in link['address'].items())}"


@pytest.mark.parametrize("link", LINKS, ids=title)
def test_a_link_shows_what_it_showed(go: Go, tmp_path: Path, link: dict[str, Any]) -> None:
    """Each control, the digit, and what the model on screen says about it: all that the link decides."""
    shutil.copytree(EARLIER, tmp_path, dirs_exist_ok=True)
    (drawing,) = json.loads((EARLIER / "drawings.json").read_text())
    address = {
        name: value.format(drawing=drawing["image"], **MADE) for name, value in link["address"].items()
    }
    if not address.keys() & {"digit", "drawing"}:
        address["digit"] = "18"  # what was on screen before anything was chosen

    app = go(link["page"], **address)
    if watched := address.keys() & {"run", "study", "sweep"}:  # AppTest drops them when it switches
        app.query_params.update({name: address[name] for name in watched})
        app.run()

    assert not app.exception
    shown = on_screen(app) | {f"address {name}": app.query_params.get(name) for name in address}
    for name, value in link["shown"].items():
        if name.startswith("address ") and shown.get(name) is None:
            continue  # what is on screen without it has no need to stand there
        if name == "reading" and name not in shown:
            continue  # of no use on this page
        found = shown.get(name, "not on screen")
        assert found == value or found == NAMES.get(str(value)), name


def on_screen(app: AppTest) -> dict[str, Any]:
    """Digit and model also where a page does not use them, and so does not show them."""
    state, digit = app.session_state, app.session_state["_digit"]
    found = {"digit": digit.caption, "control frame_index": digit.index}
    found["control model_choice"] = state["model_choice"]
    if frame_digit(app) == found["digit"]:
        numbers = re.findall(r"\d+(?:\.\d+)?", frame_reading(app))
        found["reading"] = [float(number) for number in numbers[:2]]
    for kind in CONTROLS:
        found |= {f"control {one.key}": one.value for one in getattr(app, kind) if one.key}
    return found


def test_quiz_progress_in_a_browser_counts_on() -> None:
    """The names under which it was kept are still those of the questions."""
    sent = json.loads((EARLIER / "progress.json").read_text())
    record = checked(sent)
    assert record.epoch == sent["epoch"]
    assert record.answers == {name: tuple(counts) for name, counts in sent["right"].items()}
    source = "".join(path.read_text() for path in sorted((ROOT / "cnnviz").rglob("*.py")))
    assert not [name for name in record.answers if f'"{name}"' not in source and "tour/" not in name]
    keeper = (ROOT / "cnnviz/ui/components/browser_storage/browser_storage.js").read_text()
    assert '"cnnviz.progress"' in keeper  # where the browser has it
