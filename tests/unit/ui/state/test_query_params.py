"""The tables of the address: each parameter once, and nothing a stranger writes there gets through."""

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.ui.state.query_params import CHANNEL, LAYER, TABLES, Choice, Flag, Number, OneOf, Parameter

# All that links made before the tables existed can name, page by page.
KNOWN_TO_OLD_LINKS = {
    "Everywhere": {"model", "snapshot", "digit", "drawing"},
    "NetworkPage": {"layer", "channel", "cell"},
    "Filters": {"layer", "channel", "input"},
    "Activations": {"layer", "channel", "other_digit", "other_model"},
    "Pooling": {"layer", "channel", "right", "down"},
    "Maximize": {"view", "layer", "channel", "through_training"},
    "Dream": {"dream_view", "picture", "dream_layer", "inside_layer"},
    "Train": {"training", "run", "sweep"},
    "CrossValidate": {"study"},
    "Convolution": {
        *("lesson", "image", "waves", "kernel", "cells", "filter", "stride", "padding", "dilation", "border"),
        *("bias", "photo", "filters", "radius", "pooled", "pooled_by", "pool_window", "pool_stride"),
    },
    "Architectures": {"architectures_view", "architecture"},
    "Invariance": {"invariance_view", "change", "layer", "channel"},
    "FromScratch": {"stage"},
}
NASTY = [
    *("", " ", "-1", "1e309", "-1e309", "nan", "inf", "9" * 5000, "0" * 5000 + "x", "1.5", "1_0", "٣"),
    *("None", "null", "[]", "{}", "()", "\0", "\n", "%00", "💥", "x" * 5000, "<b>", "../../secret"),
    *("own:", "run:", "![](//host/x.png)", "conv1", "logits", "upload", "Sweep", "1,2,3", "Training"),
]
OTHERS = ("conv1", "relu7", "logits")  # names a page may offer where the table leaves them to it


def parameters() -> Iterator[tuple[str, Parameter]]:
    for table in TABLES:
        for value in vars(table).values():
            if isinstance(value, Parameter):
                yield table.__name__, value


def choices() -> list[Choice[Any]]:
    """Each once, the ones whose names the page gives with some."""
    found = {choice.name: choice for _, choice in parameters() if isinstance(choice, Choice)}
    return [
        choice.among([*OTHERS, choice.first] if choice.first else OTHERS)
        if isinstance(choice, OneOf) and not choice.names
        else choice
        for choice in found.values()
    ]


def values(choice: Choice[Any]) -> list[Any]:
    if isinstance(choice, OneOf):
        return list(choice.names)
    assert isinstance(choice, Number | Flag)
    return [choice.low, choice.first, choice.high] if isinstance(choice, Number) else [True, False]


def test_the_tables_name_all_that_old_links_name() -> None:
    found: dict[str, set[str]] = {table.__name__: set() for table in TABLES}
    for page, parameter in parameters():
        assert parameter.name not in found[page]
        found[page].add(parameter.name)
    assert found == KNOWN_TO_OLD_LINKS


@pytest.mark.parametrize("choice", choices(), ids=lambda choice: choice.name)
def test_every_value_comes_back_from_its_text(choice: Choice[Any]) -> None:
    assert choice.read(choice.first) == choice.first
    for value in values(choice):
        text = choice.text(value)
        assert isinstance(text, str)
        assert choice.read(text) == value
        assert type(choice.read(text)) is type(choice.first)


@pytest.mark.parametrize("choice", choices(), ids=lambda choice: choice.name)
def test_whatever_is_given_only_a_legal_value_comes_out(choice: Choice[Any]) -> None:
    for given in (*NASTY, None, [], {}, object(), b"1", float("inf"), 10**400, True):
        found = choice.read(given)
        if isinstance(choice, Number):
            assert found is None or (choice.low <= found <= choice.high and type(found) is type(choice.first))
        else:
            assert found is None or found in values(choice)


def settle(choices: "list[Any]") -> None:
    import streamlit as st

    for choice in choices:
        choice.settle()
    st.session_state["_settled"] = {choice.name: choice.value() for choice in choices}


@pytest.mark.parametrize("start", range(0, len(NASTY), 4))
def test_a_hostile_address_gives_the_first_values_and_is_cleaned(start: int) -> None:
    """Four texts a run, each choice another one of them."""
    app = AppTest.from_function(settle, args=(choices(),), default_timeout=60)
    texts = {choice.name: NASTY[(start + place % 4) % len(NASTY)] for place, choice in enumerate(choices())}
    app.query_params.update(texts)
    app.run()
    assert not app.exception
    read = {choice.name: choice.read(texts[choice.name]) for choice in choices()}
    first = {choice.name: choice.first for choice in choices()}
    assert app.session_state["_settled"] == {
        name: first[name] if value is None else value for name, value in read.items()
    }
    assert set(app.query_params) == {name for name in read if read[name] not in (None, first[name])}


def test_a_page_gives_names_limits_and_what_other_pages_names_mean() -> None:
    layer = LAYER.among(("conv1", "pool1"), likely={"relu1": "conv1"}.get)
    assert [layer.read(name) for name in ("pool1", "relu1", "conv9")] == ["pool1", "conv1", None]
    assert layer.first == "conv1"
    unit = CHANNEL.within(0, 7, 3)
    assert [unit.read(text) for text in ("0", "7", "8", "-1")] == [0, 7, None, None]


def test_an_address_names_a_title_and_understands_the_name_too() -> None:
    model = OneOf("other", "a").among(("a", "run:1"), titles={"run:1": "My run"})
    assert model.text("run:1") == "My run"
    assert model.read("My run") == model.read("run:1") == "run:1"


def test_an_upload_is_in_no_link() -> None:
    assert OneOf("picture", "forest", ("forest", "upload")).text("upload") is None
