"""Augmentation on the train page: presets, one slider a kind, and what they do to the current digit."""

import streamlit as st
import torch

from cnnviz.data.augmentation import LIMITS, Augmentation, augment
from cnnviz.training.recipes import RECIPES
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.train.recipe_menu import picked, place
from cnnviz.ui.runs.form_state import augmentation, put_augmentation, setting
from cnnviz.ui.state.current_digit import current_digit

PRESETS = {
    "None": Augmentation(),
    "Shift": Augmentation(shift=1),
    "Mild": Augmentation(shift=1, rotate=8, scale=0.08),
    "Strong": RECIPES["default"].augmentation,
}
LABELS = {
    "shift": ("Shift, up to pixels", 0.5),
    "rotate": ("Turn, up to degrees", 1.0),
    "scale": ("Size, up to a share of", 0.01),
    "shear": ("Slant, up to degrees", 1.0),
    "elastic": ("Bend, up to pixels", 0.1),
    "share": ("Share of the digits changed", 0.05),
}
VERSIONS = 7
_PRESET, _SEED = "augmentation_preset", "_augmentation_seed"


def augmentation_sliders() -> None:
    """Each kind on its own slider; the digits below are changed by the very function training uses."""
    now = augmentation()
    key = place(_PRESET, next((name for name, preset in PRESETS.items() if preset == now), None))
    st.segmented_control("Change each digit at random", list(PRESETS), key=key, on_change=_take, args=(key,))
    _preview(now)
    for name, (label, step) in LABELS.items():
        st.slider(
            label, 0.0, LIMITS[name], step=step, format="%g", key=setting(name), persist_state="session"
        )


def _take(key: str) -> None:
    preset = PRESETS.get(picked(_PRESET, key) or "")
    if preset is not None:
        put_augmentation(preset)


def _preview(config: Augmentation) -> None:
    digit = current_digit()
    maps(
        versions(digit.image, config, st.session_state.get(_SEED, 0)),
        key="augmentation_versions",
        label=f"{digit.caption} and {VERSIONS} augmented versions of it",
        captions=["as it is", *map(str, range(1, VERSIONS + 1))],
        scale="digit",
        tile=76,
        legend=False,
        selectable=False,
    )
    st.button(
        "Other versions", icon=":material/casino:", type="tertiary", on_click=_roll, disabled=not config
    )


def _roll() -> None:
    st.session_state[_SEED] = st.session_state.get(_SEED, 0) + 1


def versions(image: torch.Tensor, config: Augmentation, seed: int) -> torch.Tensor:
    """The digit (28, 28) as it is, and changed as a training batch would be: (8, 28, 28)."""
    batch = image.expand(VERSIONS, 1, -1, -1)  # (7, 1, 28, 28)
    changed = augment(batch, config, torch.Generator().manual_seed(seed))[:, 0]  # (7, 28, 28)
    return torch.cat([image[None], changed]) if config else image.expand(VERSIONS + 1, -1, -1)
