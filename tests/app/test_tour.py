"""The guided tour without a browser: it walks through all stops, about the digit on screen."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.checkpoints.format import shipped_models
from cnnviz.ui.shell import page_registry
from cnnviz.ui.shell.tour import STOPS
from tests.support.text import words

Go = Callable[..., AppTest]


def test_stops_are_pages_and_none_is_visited_twice() -> None:
    names = [stop.page for stop in STOPS]
    assert len(set(names)) == len(names) == 12
    assert set(names) <= {page.name for page in page_registry.PAGES}


def test_it_walks_the_whole_app(go: Go) -> None:
    app = go("home", digit="61")
    app.button(key="tour_start").click().run()
    for number, stop in enumerate(STOPS, 1):
        title = next(page.title for page in page_registry.PAGES if page.name == stop.page)
        assert app.title[0].value == title
        assert f"Stop {number} of 12" in words(app)
        if number < len(STOPS):
            following = STOPS[number].page
            assert following in [link.proto.page for link in app.get("page_link")]
            app.switch_page(f"pages/{following}.py").run()
    app.button(key="tour_end").click().run()
    assert "Stop 12" not in words(app)
    assert all(app.session_state["_progress"].answers[f"tour/{stop.page}"] == (1, 1) for stop in STOPS)


def test_whoever_leaves_finds_back(go: Go) -> None:
    app = go("home")
    app.button(key="tour_start").click().run()
    app.switch_page("pages/capsules.py").run()
    assert "You left the tour" in words(app)
    assert "draw" in [link.proto.page for link in app.main.get("page_link")]
    app.switch_page("pages/draw.py").run()
    assert "Stop 1 of 12" in words(app)


@pytest.mark.parametrize("model", shipped_models())
def test_every_stop_has_words_for_every_model(go: Go, model: str) -> None:
    app = go("draw", model=model)
    for at in range(5):  # the stops that speak of the model
        app.session_state["_tour_at"] = at
        app.switch_page(f"pages/{STOPS[at].page}.py").run()
        assert f"Stop {at + 1} of 12" in words(app)
