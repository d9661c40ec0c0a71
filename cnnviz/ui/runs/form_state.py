"""What the train page's widgets hold, as a TrainConfig and back.

setting(name)   the session's key of a field of TrainConfig
put(config)     into the widgets; call it before they are drawn, as callbacks do
chosen()        out of them, or why they cannot work together
workable()      the same, or what they held last that could
"""

from dataclasses import asdict, fields
from typing import Any

import streamlit as st

from cnnviz.data.augmentation import LIMITS, Augmentation
from cnnviz.errors import CnnvizError
from cnnviz.networks.network import CLASSES, NetworkConfig, output_shapes
from cnnviz.training.config import TrainConfig
from cnnviz.training.recipes import RECIPES

FIRST = "fast"  # the recipe a visitor finds
_NESTED = ("network", "augmentation", "class_shares")
_PLAIN = [field.name for field in fields(TrainConfig) if field.name not in _NESTED]
_LAST = "_last_workable_settings"


def setting(name: str) -> str:
    return f"setting_{name}"


def share_of(digit: int) -> str:
    """The field of a digit's share, in percent."""
    return f"share_{digit}"


def begin(watched: TrainConfig | None) -> None:
    """Fill the widgets when a visitor comes for the first time: as the run on screen has it, if any."""
    if setting("network_config") not in st.session_state:
        put(watched or RECIPES[FIRST])


def put(config: TrainConfig) -> None:
    values: dict[str, Any] = {name: getattr(config, name) for name in _PLAIN}
    values |= asdict(config.augmentation)
    values |= {share_of(digit): round(100 * share) for digit, share in enumerate(config.class_shares)}
    st.session_state.update({setting(name): value for name, value in values.items()})
    put_network(config.network)


def put_network(network: NetworkConfig) -> None:
    """Each change gets a number, so that the editor's widgets begin anew."""
    st.session_state[setting("network_config")] = network
    st.session_state[setting("network_turn")] = network_turn() + 1


def network() -> NetworkConfig:
    """The network as edited so far; it may be impossible, which output_shapes() says."""
    edited: NetworkConfig = st.session_state[setting("network_config")]
    return edited


def network_turn() -> int:
    return int(st.session_state.get(setting("network_turn"), 0))


def change_network(edited: NetworkConfig) -> None:
    """What a widget of the editor itself changed: it keeps its place."""
    st.session_state[setting("network_config")] = edited


def augmentation() -> Augmentation:
    return Augmentation(**{name: _held(name) for name in LIMITS})


def put_augmentation(config: Augmentation) -> None:
    st.session_state.update({setting(name): value for name, value in asdict(config).items()})


def chosen() -> TrainConfig | CnnvizError:
    try:
        output_shapes(network())
        config = TrainConfig(
            network=network(),
            augmentation=augmentation(),
            class_shares=tuple(_held(share_of(digit)) / 100 for digit in range(CLASSES)),
            **{name: _held(name) for name in _PLAIN},
        )
    except CnnvizError as error:
        return error
    st.session_state[_LAST] = config
    return config


def workable() -> TrainConfig:
    """For the pictures beside the form, which are to stay while somebody types."""
    config = chosen()
    last: TrainConfig = st.session_state.get(_LAST, RECIPES[FIRST])
    return last if isinstance(config, CnnvizError) else config


def _held(name: str) -> Any:
    return st.session_state[setting(name)]
