"""Which ImageNet network dreams: the installed one, or one of torchvision's, fetched when first wanted."""

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.networks.torchvision_zoo import FETCHED, fetch, is_here
from cnnviz.numbers import percent
from cnnviz.ui.state.cache import IMAGENET
from cnnviz.ui.state.environment import weights_folder

KEY = "dream_network"
_ASKED = "_dream_fetch_asked"


def choose_network() -> str:
    """IMAGENET, or the name of a network in FETCHED whose weights are here."""
    name = str(
        st.selectbox(
            "Network",
            [IMAGENET, *FETCHED],
            format_func=_title,
            key=KEY,
            persist_state="session",
            help="EfficientNet-Lite0 came with cnnviz. The others are torchvision's; their weights are "
            "fetched once, by this server, when you ask for them.",
        )
    )
    if name == IMAGENET or is_here(name, weights_folder()):
        return name
    _offer(name)
    return IMAGENET


def _title(name: str) -> str:
    return "EfficientNet-Lite0 (2019), installed" if name == IMAGENET else FETCHED[name].title


def _offer(name: str) -> None:
    """A button that fetches it; until it is here the installed network goes on dreaming."""
    st.button(
        f"Fetch its weights, {FETCHED[name].megabytes} MB",
        icon=":material/download:",
        key=f"fetch_{name}",
        help="From download.pytorch.org.",
        on_click=_ask,
    )
    if not st.session_state.pop(_ASKED, False):
        return
    bar = st.progress(0.0, "Fetching")
    try:
        for share in fetch(name, weights_folder()):
            bar.progress(share, f"Fetching, {percent(share, 0)}")
    except CnnvizError as error:
        bar.empty()
        st.error(f"{error} EfficientNet-Lite0 goes on dreaming.", icon=":material/cloud_off:")
        return
    st.rerun()


def _ask() -> None:
    st.session_state[_ASKED] = True
