"""The wire format, read back by a decoder of its own, and who wins when two choose a tile."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.colors import ACCENT, SCALES
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.components.shared.loader import FOLDER, script, style
from cnnviz.ui.components.shared.transport import pack
from tests.support.payload import decode


def test_pack_keeps_header_and_arrays() -> None:
    random = np.random.default_rng(0)
    arrays = {
        "maps": random.normal(size=(3, 5, 7)).astype(np.float32),
        "marks": np.array([1, 0, 1], np.uint8),  # three bytes: the next array needs padding
        "winners": random.integers(-9, 9, (2, 2)).astype(np.int32),
        "transposed": random.normal(size=(4, 6)).astype(np.float32).T,
        "empty": np.zeros((0, 3), np.float32),
    }
    for label in ("a", "ab", "abc", "äöü"):  # every length of header
        header, read = decode(pack({"label": label, "nested": {"x": None}}, arrays))
        assert header == {"label": label, "nested": {"x": None}}
        for name, array in arrays.items():
            np.testing.assert_array_equal(read[name], array)


def test_equal_input_gives_equal_bytes() -> None:
    array = np.arange(6, dtype=np.float32)
    assert pack({"a": 1}, {"x": array}) == pack({"a": 1}, {"x": array.copy()})
    assert pack({"a": 1}, {"x": array}) != pack({"a": 1}, {"x": array + 1})


# ---- the loader ----

MODULES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.js"))
COMPONENTS = [name for name in MODULES if Path(name).parent.name == Path(name).stem]
IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)"', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|class|const) (.*)", re.MULTILINE)


def linked(name: str) -> dict[str, str]:
    """What script() sends: each module's text by its name, in order."""
    return json.loads(script(name).splitlines()[0].removeprefix("const MODULES = "))


def exports(text: str) -> set[str]:
    return {name for line in EXPORT.findall(text) for name in re.findall(r"(?:^|, )(\w+)", line)}


@pytest.mark.parametrize("name", MODULES)
def test_modules_import_what_others_export_and_come_after_them(name: str) -> None:
    if name == "shared/loader.js":
        return
    known: dict[str, str] = {}
    for module, text in linked(name).items():
        for names, source in IMPORT.findall(text):
            wanted = set(re.findall(r"\w+", names))
            assert wanted <= exports(known[source]), (module, source)
            for one in wanted:
                assert re.search(rf"(?<!\w){one}\b", IMPORT.sub("", text)), f"{module} does not use {one}"
        known[module] = text
    assert list(known)[-1] == name


def test_every_component_has_one_default_export() -> None:
    assert len(COMPONENTS) == len({path.parent for path in FOLDER.glob("*/*.js")}) - 1  # not shared
    for name in COMPONENTS:
        assert (FOLDER / name).read_text().count("export default") == 1, name


def test_modules_and_stylesheets_get_the_colors_of_python() -> None:
    constants = dict(
        re.findall(r"^export const (\w+) = (.*)$", linked("maps/maps.js")["cnnviz/colors.py"], re.M)
    )
    assert json.loads(constants["SCALES"])["signed"]["dark"] == list(SCALES["signed"]["dark"])
    assert json.loads(constants["ACCENT"]) == ACCENT
    assert f"--accent: light-dark({ACCENT['light']}, {ACCENT['dark']});" in style("maps/maps.css")


def test_components_fetch_nothing() -> None:
    for path in FOLDER.glob("*/*.*"):
        if path.suffix in {".js", ".css", ".html"}:
            text = path.read_text()
            for word in ("fetch(", "XMLHttpRequest", "http:", "https:", "@import", "url("):
                assert word not in text, (path, word)


# ---- the maps widget's choices ----


def app() -> None:
    import streamlit as st
    import torch

    from cnnviz.ui.components.maps.maps import chosen_tile, maps

    def note() -> None:
        st.session_state["noted"] = chosen_tile("grid")

    count = st.session_state.get("count", 8)
    values = torch.linspace(-1, 2, count * 4).reshape(count, 2, 2)
    tile = maps(
        values, key="grid", label="eight maps", selected=st.session_state.get("given"), on_select=note
    )
    st.session_state["result"] = tile


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(app, default_timeout=60).run()


def choose(page: AppTest, tile: Any, turn: Any) -> Any:
    """What the browser sends after a click, then the result of the rerun."""
    page.session_state["grid"] = {"selected": {"tile": tile, "turn": turn}}
    page.run()
    assert not page.exception
    return page.session_state["result"]


def given(page: AppTest, tile: int | None) -> Any:
    page.session_state["given"] = tile
    page.run()
    return page.session_state["result"]


def sent(page: AppTest) -> dict[str, Any]:
    return decode(page.get("bidi_component")[0].proto.bytes)[0]


def test_nothing_is_selected_at_first(page: AppTest) -> None:
    assert page.session_state["result"] is None
    header, arrays = decode(page.get("bidi_component")[0].proto.bytes)
    assert header["selected"] is None
    assert header["limit"] == pytest.approx(2)
    assert header["captions"] == [str(tile) for tile in range(8)]
    np.testing.assert_array_equal(arrays["values"].ravel(), torch.linspace(-1, 2, 32))


def test_users_choice_arrives_and_is_echoed_with_its_turn(page: AppTest) -> None:
    assert choose(page, 5, 1) == 5
    assert (sent(page)["selected"], sent(page)["turn"]) == (5, 1)


def test_python_moves_the_selection_only_when_its_value_changes(page: AppTest) -> None:
    assert given(page, 2) == 2
    assert choose(page, 5, 1) == 5
    assert given(page, 2) == 5  # unchanged: the user's choice stays
    assert given(page, 3) == 3


def test_late_echo_of_an_older_choice_does_not_undo_a_newer_one(page: AppTest) -> None:
    given(page, 0)
    choose(page, 5, 1)
    page.session_state["given"] = 5  # Python stored the first click while the second was on its way
    assert choose(page, 6, 2) == 6
    assert given(page, 6) == 6


def test_choice_outside_other_data_is_dropped(page: AppTest) -> None:
    choose(page, 7, 1)
    page.session_state["count"] = 4
    page.run()
    assert page.session_state["result"] is None


@pytest.mark.parametrize(
    ("tile", "turn"), [("5", 1), (-1, 1), (8, 1), (2.5, 1), (True, 1), (3, None), (None, 1), (10**30, 1)]
)
def test_a_strangers_message_is_ignored(page: AppTest, tile: Any, turn: Any) -> None:
    assert choose(page, tile, turn) is None


# ---- arguments ----


@pytest.mark.parametrize(
    "arguments",
    [
        {"values": np.zeros((3, 3))},
        {"values": np.zeros((0, 3, 3))},
        {"captions": ["one"]},
        {"notes": ["one"]},
        {"marks": [True]},
        {"limits": [1.0]},
    ],
)
def test_wrong_shapes_are_said_at_once(arguments: dict[str, Any]) -> None:
    values = arguments.pop("values", np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match=r"maps takes|tiles|one a tile"):
        maps(values, key="wrong", label="wrong", selectable=False, **arguments)
