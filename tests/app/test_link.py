"""Choices in the address: read once, kept while hidden, and brought within limits."""

import pytest
from streamlit.testing.v1 import AppTest


def lab() -> None:
    import streamlit as st

    from cnnviz.ui.state.query_params import number, select

    if st.checkbox("Show", True, key="show"):
        st.session_state["got"] = (
            select("Which", ["a", "b"], "which", "a", str.upper),
            number("How many", "many", 3, (0, 9)),
            number("How much", "much", 0.5, (-1.0, 1.0), step=0.25),
        )


def opened(**link: str) -> AppTest:
    app = AppTest.from_function(lab, default_timeout=60)
    for key, value in link.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def test_defaults_leave_the_address_alone() -> None:
    app = opened()
    assert app.session_state["got"] == ("a", 3, 0.5)
    assert not dict(app.query_params)


def test_the_address_is_read_and_written() -> None:
    app = opened(which="b", many="7", much="-0.25")
    assert app.session_state["got"] == ("b", 7, -0.25)
    app.number_input(key="many").set_value(3).run()
    app.selectbox(key="which").set_value("a").run()
    assert dict(app.query_params) == {"much": "-0.25"}


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ({"which": "<b>"}, ("a", 3, 0.5)),
        ({"many": "99"}, ("a", 9, 0.5)),
        ({"many": "-1"}, ("a", 0, 0.5)),
        ({"many": "1.5"}, ("a", 3, 0.5)),
        ({"many": "9" * 40}, ("a", 3, 0.5)),
        ({"much": "nan"}, ("a", 3, 0.5)),
        ({"much": "inf"}, ("a", 3, 0.5)),
        ({"much": "x"}, ("a", 3, 0.5)),
    ],
)
def test_odd_addresses_do_no_harm(link: dict[str, str], expected: tuple[str, int, float]) -> None:
    assert opened(**link).session_state["got"] == expected


def test_a_hidden_control_keeps_its_value() -> None:
    app = opened(many="7")
    app.checkbox(key="show").set_value(False).run()
    app.checkbox(key="show").set_value(True).run()
    assert app.session_state["got"] == ("a", 7, 0.5)


def test_another_pages_value_is_brought_within_the_limits() -> None:
    app = AppTest.from_function(lab, default_timeout=60)
    app.session_state["many"] = 40
    app.run()
    assert not app.exception
    assert app.session_state["got"][1] == 9
