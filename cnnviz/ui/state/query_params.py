"""What the address says: every page's parameters, with one way to read them and one to write them.

    choice.settle()              the chosen value, before its control is drawn; session and address agree
    choice.value()               the same where its control is not on screen
    choice.take(place, values)   a click in a picture or gallery
    parameter.asked(known)       the text in the address, while nothing better is known
    show({name: text})           put texts into the address, None takes one out

The session leads. The address is read while the session holds no value, and when the visitor goes back
or forward in the browser's history; whatever does not fit there counts as not said. Streamlit's own
bind="query-params" forgets a value while its control is hidden, and half a link makes its widgets None.
The control of a choice has the choice's name as its key (cnnviz.ui.widgets.choice_controls).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cnnviz.io.photos import PHOTOS
from cnnviz.labs.architectures.catalogue import ARCHITECTURES
from cnnviz.labs.convolution.geometry import PADDING_MODES, PaddingMode
from cnnviz.labs.invariance import CHANGES
from cnnviz.networks.imagenet import DEFAULT_LAYER, LAYERS
from cnnviz.ui.state.current_digit import UPLOAD
from cnnviz.ui.state.current_model import playing

Value = TypeVar("Value")
Name = TypeVar("Name", bound=str)
Amount = TypeVar("Amount", int, float)


def show(texts: Mapping[str, str | None]) -> None:
    """Make the address say this; a playing time machine leaves it alone."""
    if playing():
        return
    for name, text in texts.items():
        if text is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != text:
            st.query_params[name] = text


@dataclass(frozen=True)
class Parameter:
    """A name in the address whose text the page reads itself."""

    name: str

    def asked(self, known: object = None) -> str | None:
        """What the address says of it, unless something is known and the visitor did not go back to it."""
        if known is not None and not _travelled():
            return None
        return st.query_params.get(self.name) or None


def _travelled() -> bool:
    """Whether this run is the browser's Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


@dataclass(frozen=True)
class Choice(Parameter, ABC, Generic[Value]):
    """A value in the session under `name`, and in the address unless it is the `first` one."""

    first: Value

    @abstractmethod
    def read(self, given: Any) -> Value | None:
        """The value that a text of the address or an object of the session means, or None."""

    @abstractmethod
    def text(self, value: Value) -> str | None:
        """What the address says of a value; None if it has no words for it."""

    def value(self) -> Value:
        known = st.session_state.get(self.name)
        given = self.asked() if known is None or _travelled() else known
        found = None if given is None else self.read(given)
        return self.first if found is None else found

    def settle(self) -> Value:
        value = self.value()
        if st.session_state.get(self.name) != value:  # else the browser would be told what it said itself
            st.session_state[self.name] = value
        show({self.name: None if value == self.first else self.text(value)})
        return value

    def take(self, place: int | None, values: Sequence[Value]) -> None:
        """From a callback: the value at this place; a place that is none (any more) changes nothing."""
        if place is not None and 0 <= place < len(values):
            st.session_state[self.name] = values[place]


@dataclass(frozen=True)
class OneOf(Choice[Name]):
    """names: those allowed; where the page gives them, see among(). titles: the address's words for them.

    likely: what another page's name means here.
    """

    names: Sequence[Name] = ()
    titles: Mapping[Name, str] = field(default_factory=dict)
    likely: Callable[[str], Name | None] | None = None

    def among(self, names: Iterable[Name], **changes: Any) -> "OneOf[Name]":
        """The same choice among these names; without its own first one the first of them is."""
        allowed = tuple(names)
        first = self.first if self.first in allowed else allowed[0]
        return replace(self, **{"first": first, "names": allowed, **changes})

    def title(self, name: Name) -> str:
        return self.titles.get(name, name)

    def read(self, given: Any) -> Name | None:
        for name in self.names:
            if given in (name, self.title(name)):
                return name
        return self.likely(str(given)) if self.likely else None

    def text(self, value: Name) -> str | None:
        return None if value == UPLOAD else self.title(value)  # a link does not carry an upload


@dataclass(frozen=True)
class Number(Choice[Amount]):
    """A number of the kind of `first`, from `low` to `high`."""

    low: Amount
    high: Amount

    def within(self, low: Amount, high: Amount, first: Amount) -> "Number[Amount]":
        return replace(self, first=first, low=low, high=high)

    def read(self, given: Any) -> Amount | None:
        try:
            number = type(self.first)(given)
        except (TypeError, ValueError, OverflowError):
            return None
        return number if self.low <= number <= self.high else None  # also None for "nan"

    def text(self, value: Amount) -> str:
        return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Flag(Choice[bool]):
    """Something shown or not, at first not."""

    first: bool = False

    def read(self, given: Any) -> bool | None:
        return {"true": True, "false": False}.get(str(given).lower())

    def text(self, value: bool) -> str:
        return str(value).lower()


# ---- the tables, one a page; names and limits that depend on the model are given by the page ----

LAYER = OneOf("layer", "")
CHANNEL = Number("channel", 0, 0, 0)


class Everywhere:
    """Of the frame: which model at which snapshot, which digit (cnnviz.ui.state.deep_link)."""

    model, snapshot = Parameter("model"), Parameter("snapshot")
    digit, drawing = Parameter("digit"), Parameter("drawing")


class NetworkPage:
    layer, channel, cell = Parameter("layer"), Parameter("channel"), Parameter("cell")


class Filters:
    layer, unit = LAYER, CHANNEL
    input = OneOf("input", "strongest")


class Activations:
    layer, unit = LAYER, CHANNEL
    other_digit = Number("other_digit", 0, 0, 9_999)
    other_model = OneOf("other_model", "same model")


class Pooling:
    layer, unit = LAYER, CHANNEL
    right, down = Number("right", 0, -4, 4), Number("down", 0, -4, 4)


class Maximize:
    view = OneOf("view", "filters")
    layer, unit = LAYER, CHANNEL
    through_training = Flag("through_training")


class Dream:
    view = OneOf("dream_view", "Dream")
    picture = OneOf("picture", "forest", tuple(PHOTOS))
    layer = OneOf("dream_layer", DEFAULT_LAYER, tuple(layer.name for layer in LAYERS))
    inside = OneOf("inside_layer", DEFAULT_LAYER, layer.names, {layer.name: layer.title for layer in LAYERS})


class Train:
    view = OneOf("training", "One run")
    run, sweep = Parameter("run"), Parameter("sweep")


class CrossValidate:
    study = Parameter("study")


class Convolution:
    lesson = OneOf("lesson", "slide")
    image, waves = OneOf("image", "edge"), OneOf("waves", "cat")
    kernel, cells = OneOf("kernel", "sobel_left"), Parameter("cells")
    filter = Number("filter", 0, 0, 0)
    stride, padding, dilation = (
        Number("stride", 1, 0, 9),
        Number("padding", 0, 0, 9),
        Number("dilation", 1, 0, 9),
    )
    border: OneOf[PaddingMode] = OneOf("border", "zero", PADDING_MODES)
    bias = Number("bias", 0.0, -1000.0, 1000.0)
    photo, filters = OneOf("photo", "brushes"), OneOf("filters", "hand")
    radius = Number("radius", 0.08, 0.0, 0.71)
    pooled = OneOf("pooled", "four")
    pooled_by: OneOf[Literal["max", "mean"]] = OneOf("pooled_by", "max", ("max", "mean"))
    pool_window, pool_stride = Number("pool_window", 2, 1, 7), Number("pool_stride", 2, 0, 7)


class Architectures:
    view = OneOf("architectures_view", "Shared weights")
    network = OneOf(
        "architecture",
        "lenet5",
        tuple(ARCHITECTURES),
        {name: each.title for name, each in ARCHITECTURES.items()},
    )


class Invariance:
    view = OneOf("invariance_view", "Your digit")
    change = OneOf("change", "right", tuple(CHANGES), {name: each.title for name, each in CHANGES.items()})
    layer, unit = LAYER, CHANNEL


class FromScratch:
    stage = OneOf("stage", "filters")


TABLES: tuple[type, ...] = (
    *(Everywhere, NetworkPage, Filters, Activations, Pooling, Maximize, Dream, Train, CrossValidate),
    *(Convolution, Architectures, Invariance, FromScratch),
)
