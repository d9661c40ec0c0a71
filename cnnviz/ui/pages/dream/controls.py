"""What to dream of: layer, channels, class or guide, strength, and the settings in an expander."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from torch import nn

from cnnviz.feature_visualization import precomputed
from cnnviz.io.photos import PHOTOS, SIDE, SIDES, load_photo, to_photo
from cnnviz.networks.imagenet import LAYERS, LOGITS, ImageLayer, class_names, layer_named
from cnnviz.networks.network import CLASSES, SIZE, Network
from cnnviz.networks.torchvision_zoo import FETCHED
from cnnviz.ui.components.gallery.gallery import chosen_picture, gallery
from cnnviz.ui.pages.dream.job import Picture, Target
from cnnviz.ui.pages.dream.network_picker import choose_network
from cnnviz.ui.state import cache
from cnnviz.ui.state.cache import IMAGENET
from cnnviz.ui.state.current_digit import UPLOAD
from cnnviz.ui.state.current_model import current_model
from cnnviz.ui.state.query_params import Dream
from cnnviz.ui.widgets.upload import own_photo

CANVASES = (56, 84, 112)
KINDS = {"layer": "All of it", "channels": "Channels", "guide": "A guide", "class": "A class"}
FIRST = {
    "photo": precomputed.SETTINGS,
    "digit": {
        "octaves": 3,
        "ratio": 1.4,
        "steps": 10,
        "strength": 3.0,
        "jitter": 4,
        "smooth": 1.0,
        "seed": 0,
    },
}


@dataclass(frozen=True, eq=False)
class Choice:
    """target: what to have more of; guide: the picture to resemble; canvas: side of an enlarged digit.

    network: which ImageNet network dreams of a photograph.
    """

    target: Target
    settings: tuple[tuple[str, float], ...]
    guide: Picture | None = None
    network: str = IMAGENET
    keep: float = 0.0
    canvas: int = SIZE


def choose(picture: Picture) -> Choice:
    """Everything but the picture; digits are dreamed about by the visitor's own network."""
    if picture.is_digit:
        return _choose_for_digit(current_model().model)
    network = choose_network()
    layer = _image_layer() if network == IMAGENET else _fetched_layer(network)
    name = layer.name
    kind = _kind(list(KINDS))
    guide = None
    target = Target(kind, name)
    if kind == "channels":
        target = Target(kind, name, _channels(f"dream_photo_channels_{network}", layer.channels))
    elif kind == "class":
        target = Target(kind, LOGITS, (_image_class(),))
    elif kind == "guide":
        guide = _image_guide()
        target = Target(kind, name, guide=guide.name)
    return Choice(target, _settings("photo"), guide, network)


def _fetched_layer(network: str) -> ImageLayer:
    """Without pictures of what each gives: those of other networks are not carried."""
    known = FETCHED[network]
    named = {layer.name: layer for layer in known.layers}
    name = st.segmented_control(
        "Layer, from edges to objects",
        list(named),
        default=known.first,
        key=f"dream_layer_{network}",
        persist_state="session",
        required=True,
    )
    layer = named[str(name)]
    st.caption(f"`{layer.name}`: {layer.tends}")
    return layer


def _image_layer() -> ImageLayer:
    names, name = Dream.layer.names, Dream.layer.settle()
    st.markdown("**Layer**, from edges to animals")
    gallery(
        [precomputed.dreamed(each) for each in names],
        key="dream_layers",
        label="Layers, each shown by what it makes of the forest",
        captions=[layer.title for layer in LAYERS],
        hints=[f"{layer.title} ({layer.name}): {layer.tends}" for layer in LAYERS],
        selected=names.index(name),
        tile=72,
        aspect=1.25,
        on_select=lambda: Dream.layer.take(chosen_picture("dream_layers"), names),
    )
    layer = layer_named(name)
    st.caption(f"**{layer.title}** · `{name}` · {layer.tends}")
    return layer


def _choose_for_digit(model: Network) -> Choice:
    layers = digit_layers(model)
    convolves = any(isinstance(module, nn.Conv2d) for module in model.children())
    name = str(
        st.segmented_control(
            "Layer",
            layers,
            default=layers[-1],
            key=f"dream_digit_layer_{'_'.join(layers)}",
            persist_state="session",
            required=True,
        )
    )
    kind = _kind([kind for kind in KINDS if convolves or kind != "guide"], "digit")
    target, guide = Target(kind, name), None
    if kind == "channels":
        count = len(model.get_submodule(name).get_parameter("weight"))
        target = Target(kind, name, _channels(f"dream_digit_channels_{name}", count))
    elif kind == "class":
        request = st.selectbox(
            "Turn it into a", range(CLASSES), 9, key="dream_digit_class", persist_state="session"
        )
        target = Target(kind, LOGITS, (int(request or 0),))
    elif kind == "guide":
        guide = _digit_guide()
        target = Target(kind, name, guide=guide.name)
    whole = kind == "class" or not convolves  # the dense layers take 28 × 28 and nothing else
    canvas = SIZE if whole else _canvas()
    keep = st.slider(
        "Keep the digit readable",
        0.0,
        1.0,
        0.6,
        0.1,
        key="dream_keep",
        persist_state="session",
        help="How firmly the paper away from the strokes is held.",
    )
    settings = dict(_settings("digit"))
    if whole:
        settings["octaves"] = 1  # no smaller one fits
    return Choice(target, tuple(settings.items()), guide, keep=keep, canvas=canvas)


def digit_layers(model: Network) -> list[str]:
    """The layers one can dream of: convolutions, or without any the hidden dense layers."""
    kinds = nn.Conv2d if any(isinstance(module, nn.Conv2d) for module in model.children()) else nn.Linear
    return [name for name, module in model.named_children() if isinstance(module, kinds) and name != LOGITS]


def _canvas() -> int:
    """The side chosen among the settings, which stand further down."""
    return int(st.session_state.get("dream_digit_side", CANVASES[-1]))


def _kind(kinds: Sequence[str], whose: str = "photo") -> str:
    kind = st.segmented_control(
        "More of",
        kinds,
        default="layer",
        format_func=KINDS.__getitem__,
        key=f"dream_{whose}_kind_{len(kinds)}",
        persist_state="session",
        required=True,
    )
    return str(kind)


def _channels(key: str, count: int) -> tuple[int, ...]:
    chosen = st.multiselect(
        "Channels",
        range(count),
        default=[0],
        key=key,
        persist_state="session",
        max_selections=8,
        help=f"{count} in this layer; several are dreamed of together.",
    )
    return tuple(sorted(chosen)) or (0,)


def _image_class() -> int:
    names = class_names()
    return int(
        st.selectbox(
            "Class",
            range(len(names)),
            index=names.index("tabby"),
            format_func=lambda index: f"{names[index]} ({index})",
            key="dream_photo_class",
            persist_state="session",
        )
        or 0
    )


def _image_guide() -> Picture:
    own = own_photo()
    names = [*PHOTOS, *([UPLOAD] if own is not None else [])]
    name = st.selectbox(
        "Put into it what is in",
        names,
        index=names.index("dogs"),
        format_func=lambda each: "your picture" if each == UPLOAD else PHOTOS[each].label,
        key="dream_photo_guide",
        persist_state="session",
    )
    image = load_photo(str(name), 256) if own is None or name != UPLOAD else to_photo(own, 256)
    return Picture(str(name), str(name), image)


def _digit_guide() -> Picture:
    digits = cache.test_digits()
    wanted = st.selectbox(
        "Put into it what is in a", range(CLASSES), 8, key="dream_digit_guide", persist_state="session"
    )
    index = int((digits.labels == int(wanted or 0)).nonzero()[0])
    return Picture(f"test digit {index}", str(wanted), digits[index : index + 1].pixels())


def _settings(whose: str) -> tuple[tuple[str, float], ...]:
    """dream's keyword arguments, sorted."""
    chosen = {"strength": _slider(whose, _STRENGTH)}
    with st.expander("Octaves, steps, jitter, size"):
        chosen |= {slider.name: _slider(whose, slider) for slider in _SLIDERS}
        sides = CANVASES if whose == "digit" else SIDES
        st.select_slider(
            "Longer side, pixels",
            sides,
            value=sides[-1] if whose == "digit" else SIDE,
            key=f"dream_{whose}_side",
            persist_state="session",
        )
    return tuple(sorted(chosen.items()))


@dataclass(frozen=True)
class _Slider:
    name: str
    label: str
    low: float
    high: float
    step: float
    note: str


_STRENGTH = _Slider("strength", "Strength", 0.5, 8.0, 0.5, "How far a pixel moves at each step, in 255ths.")
_SLIDERS = (
    _Slider("octaves", "Octaves", 1, 6, 1, "From small to large, so that shapes of every size grow."),
    _Slider("ratio", "Octave ratio", 1.2, 2.0, 0.1, "Between the sides of neighboring octaves."),
    _Slider("steps", "Steps an octave", 2, 30, 1, "More steps, more dream."),
    _Slider("jitter", "Jitter, pixels", 0, 48, 1, "Random shifts, so that the pixel grid leaves no marks."),
    _Slider("smooth", "Smoothing, pixels", 0.0, 3.0, 0.1, "Blurs each step; 0 leaves fine color noise."),
    _Slider("seed", "Seed of the shifts", 0, 99, 1, "Same seed, same picture."),
)


def _slider(whose: str, slider: _Slider) -> float:
    return st.slider(
        slider.label,
        slider.low,
        slider.high,
        type(slider.low)(FIRST[whose][slider.name]),
        slider.step,
        key=f"dream_{whose}_{slider.name}",
        persist_state="session",
        help=slider.note,
    )
