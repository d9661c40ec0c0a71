"""The gallery widget's data, and what it makes of a stranger's message."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.ui.components.gallery.gallery import gallery
from tests.support.payload import payload


def app() -> None:
    import streamlit as st

    from cnnviz.ui.components.gallery.gallery import chosen_picture, gallery

    gallery(
        [b"one", b"three", b""],
        key="grid",
        label="pictures",
        captions=["a", "b", "c"],
        selected=1,
        on_select=lambda: None,
    )
    st.session_state["result"] = chosen_picture("grid")


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(app, default_timeout=60).run()


def test_files_arrive_one_after_the_other(page: AppTest) -> None:
    header, arrays = payload(page, "grid")
    assert header["ends"] == [3, 8, 8]
    assert arrays["files"].tobytes() == b"onethree"
    assert (header["selected"], header["turn"], header["selectable"]) == (1, 0, True)
    assert header["hints"] == header["captions"] == ["a", "b", "c"]


def test_a_choice_arrives(page: AppTest) -> None:
    page.session_state["grid"] = {"selected": {"tile": 2, "turn": 1}}
    page.run()
    assert page.session_state["result"] == 2


@pytest.mark.parametrize("sent", [None, 3, {"tile": -1, "turn": 1}, {"tile": "1", "turn": 1}, {"tile": True}])
def test_a_strangers_message_is_ignored(page: AppTest, sent: Any) -> None:
    page.session_state["grid"] = {"selected": sent}
    page.run()
    assert not page.exception
    assert page.session_state["result"] is None


def test_every_picture_has_a_caption() -> None:
    with pytest.raises(ValueError, match="2 captions for 1 pictures"):
        gallery([b"one"], key="wrong", label="wrong", captions=["a", "b"])
