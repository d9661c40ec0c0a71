"""The augmentation sandbox: what each random change does, and what training with it buys."""

import streamlit as st
import torch

from cnnviz.data.augmentation import LIMITS, Augmentation, augment
from cnnviz.evaluation.metrics import accuracy, logits_of
from cnnviz.networks.network import Network
from cnnviz.numbers import percent
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.invariance.models import compared
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import current_model
from cnnviz.ui.widgets.code_panel import code_panel, opening

COPIES = 24
MEASURED = 1_000
SLIDERS = {
    "shift": ("Shift, px", 4.0, 0.5),
    "rotate": ("Turn, °", 30.0, 1.0),
    "scale": ("Size, share", 0.25, 0.05),
    "shear": ("Slant, °", 0.0, 1.0),
    "elastic": ("Elastic, px", 0.0, 0.1),
}


def augmentation_view() -> None:
    """Sliders, copies of the current digit, and the accuracy on test digits changed in the same way."""
    left, right = st.columns([1, 2], gap="large")
    with left:
        chosen = {
            name: st.slider(
                label, 0.0, LIMITS[name], first, step, key=f"augment_{name}", persist_state="session"
            )
            for name, (label, first, step) in SLIDERS.items()
        }
        seed = int(st.number_input("Seed", 0, 9_999, 0, key="augment_seed", persist_state="session"))
    config, digit = Augmentation(**chosen), current_digit()
    with right:
        copies = digit.image.expand(COPIES, 1, -1, -1)  # (24, 1, 28, 28)
        generator = torch.Generator().manual_seed(seed)
        maps(
            augment(copies, config, generator)[:, 0].clamp(0, 1),
            key="augment_copies",
            label=f"{digit.caption}, changed at random {COPIES} times",
            captions=[""] * COPIES,
            scale="digit",
            tile=76,
            selectable=False,
        )
        _worth(config, seed)
    st.caption(
        "Each copy draws every amount anew, evenly between minus and plus the slider's.  \n"
        "**What this does not show:** that more is better. Changed too far, a digit turns into another "
        "one, and "
        "the network is taught something wrong."
    )
    code_panel(
        opening(current_model(), digit)
        + f"config = {config}\n"
        + f"copies = augment(image.expand({COPIES}, 1, -1, -1), config, "
        f"torch.Generator().manual_seed({seed}))\n"
    )


def _worth(config: Augmentation, seed: int) -> None:
    st.markdown(f"**What each model reads right** of {MEASURED:,} test digits changed like this")
    lines = ["| Model | as they are | changed |", "|---|---:|---:|"]
    for name, each in compared().items():
        plain = _accuracy(each.digest, Augmentation(), 0, each.model)
        changed = _accuracy(each.digest, config, seed, each.model)
        lines.append(f"| {name} | {percent(plain)} | {percent(changed)} |")
    st.markdown("\n".join(lines))


@st.cache_data(max_entries=400, show_spinner="Reading a thousand changed digits")
def _accuracy(digest: str, config: Augmentation, seed: int, _model: Network) -> float:  # noqa: ARG001 - the key
    digits = cache.test_digits()[:MEASURED]
    images, labels = digits.pixels(), digits.labels.long()
    if config:
        images = augment(images[:, None], config, torch.Generator().manual_seed(seed))[:, 0].clamp(0, 1)
    return accuracy(logits_of(_model, images), labels)
