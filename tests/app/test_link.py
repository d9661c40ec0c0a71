"""Choices in the address: read once, kept while hidden, and nothing hostile does harm on any page."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.ui.shell.page_registry import PAGES
from cnnviz.ui.state.query_params import TABLES, Parameter

Go = Callable[..., AppTest]


def lab() -> None:
    import streamlit as st

    from cnnviz.ui.state.query_params import Flag, Number, OneOf
    from cnnviz.ui.widgets.choice_controls import number, segments, select, slider

    flag = Flag("flag")
    if st.checkbox("Show", True, key="show"):
        st.session_state["got"] = (
            select("Which", OneOf("which", "a", ("a", "b")), str.upper),
            number("How many", Number("many", 3, 0, 9)),
            number("How much", Number("much", 0.5, -1.0, 1.0), step=0.25),
            segments("Where", OneOf("where", "in", ("in", "out"), {"out": "Out there"})),
            slider("How far", Number("far", 0, -4, 4)),
            flag.settle(),
        )


FIRST = ("a", 3, 0.5, "in", 0, False)


def opened(**link: str) -> AppTest:
    app = AppTest.from_function(lab, default_timeout=60)
    for key, value in link.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def test_defaults_leave_the_address_alone() -> None:
    app = opened()
    assert app.session_state["got"] == FIRST
    assert not dict(app.query_params)


def test_the_address_is_read_and_written() -> None:
    app = opened(which="b", many="7", much="-0.25", where="Out there", far="-4", flag="true")
    assert app.session_state["got"] == ("b", 7, -0.25, "out", -4, True)
    app.number_input(key="many").set_value(3).run()
    app.selectbox(key="which").set_value("a").run()
    app.slider(key="far").set_value(2).run()
    left = {name: app.query_params[name] for name in app.query_params}
    assert left == {"much": "-0.25", "where": "Out there", "far": "2", "flag": "true"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("which", "<b>"),
        ("which", ""),
        ("many", "99"),
        ("many", "-1"),
        ("many", "1.5"),
        ("many", "9" * 5000),
        ("many", "1e309"),
        ("much", "nan"),
        ("much", "inf"),
        ("where", "Out"),
        ("far", "5"),
        ("flag", "yes"),
    ],
)
def test_odd_addresses_do_no_harm(name: str, text: str) -> None:
    app = opened(**{name: text})
    assert app.session_state["got"] == FIRST
    assert name not in app.query_params


def test_a_hidden_control_keeps_its_value() -> None:
    app = opened(many="7")
    app.checkbox(key="show").set_value(False).run()
    app.checkbox(key="show").set_value(True).run()
    assert app.session_state["got"] == ("a", 7, *FIRST[2:])


def test_another_pages_value_that_does_not_fit_becomes_the_first() -> None:
    app = AppTest.from_function(lab, default_timeout=60)
    app.session_state["many"] = 40
    app.run()
    assert not app.exception
    assert app.session_state["got"] == FIRST


def test_a_cleared_box_becomes_the_first_value() -> None:
    app = AppTest.from_function(lab, default_timeout=60).run()
    app.number_input(key="many").set_value(None).run()
    assert app.session_state["got"] == FIRST


# ---- every page ----

TEXTS = ("", "1e309", "9" * 5000, "-1", "None", "<b>", "../../secret", "nan", "conv9", "0,0,0")
NAMES = sorted(
    {value.name for table in TABLES for value in vars(table).values() if isinstance(value, Parameter)}
)


@pytest.mark.parametrize("start", [0, 3])
@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_every_page_bears_an_address_full_of_nonsense(go: Go, page: str, start: int) -> None:
    """All names of all pages at once, each with another text; then what the page knows is gone from there."""
    link = {name: TEXTS[(place + start) % len(TEXTS)] for place, name in enumerate(NAMES)}
    app = go(page, **link)
    assert not app.exception
    assert not app.error
    assert app.session_state["_page"] == page


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("train", {"training": ""}),
        ("invariance", {"change": ""}),
        ("invariance", {"invariance_view": ""}),
        ("architectures", {"architectures_view": ""}),
        ("architectures", {"architectures_view": "Gallery", "architecture": ""}),
        ("dream", {"dream_view": ""}),
        ("dream", {"dream_view": "Look inside", "inside_layer": ""}),
        ("activations", {"channel": "9" * 5000, "other_digit": "1e309", "other_model": ""}),
    ],
)
def test_half_a_link_opens_the_page(go: Go, page: str, link: dict[str, str]) -> None:
    app = go(page, **link)
    assert not app.exception
    assert not app.error


Found = Callable[[AppTest], object]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("page", "link", "found", "expected"),
    [
        ("invariance", {"change": "Turn"}, lambda app: app.session_state["change"], "rotate"),
        (
            "architectures",
            {"architectures_view": "Gallery", "architecture": "ResNet-50"},
            lambda app: app.session_state["architecture"],
            "resnet50",
        ),
        (
            "dream",
            {"dream_view": "Look inside", "inside_layer": "Lines"},
            lambda app: app.session_state["inside_layer"],
            "block2",
        ),
        (
            "activations",
            {"layer": "conv2", "channel": "17", "other_model": "LeNet-5 · 1998", "other_digit": "7"},
            lambda app: [
                app.session_state[name] for name in ("layer", "channel", "other_model", "other_digit")
            ],
            ["conv2", 17, "lenet5", 7],
        ),
        ("pooling", {"right": "-2"}, lambda app: app.slider(key="right").value, -2),
        ("from_scratch", {"stage": "p − y"}, lambda app: app.session_state["stage"], "p − y"),
    ],
)
def test_links_made_before_open_the_same_view(
    go: Go, page: str, link: dict[str, str], found: Found, expected: object
) -> None:
    app = go(page, **link)
    assert not app.exception
    assert found(app) == expected
    for name, text in link.items():
        assert app.query_params[name] == text


def test_a_layer_and_unit_go_from_page_to_page(go: Go) -> None:
    app = go("filters", layer="conv2", channel="5")
    app.query_params.clear()
    app.switch_page("pages/pooling.py").run()
    assert app.button_group(key="layer").value == "pool2"
    assert app.number_input(key="channel").value == 5
    assert app.query_params["channel"] == "5"
