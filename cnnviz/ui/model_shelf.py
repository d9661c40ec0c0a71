"""Below the model picker: bring a model of one's own, or take one off the shelf again."""

from typing import Any

import streamlit as st

from cnnviz import own_models
from cnnviz.checkpoints import SIZE_LIMIT
from cnnviz.errors import CheckpointError
from cnnviz.foreign_models import CONVERSION, read_model
from cnnviz.networks import Network
from cnnviz.ui import session, settings

_KEY, _PROBLEM = "model_upload", "_model_upload_problem"


def model_shelf() -> None:
    with st.popover("Upload a model", icon=":material/upload:", type="tertiary", key="model_shelf"):
        st.file_uploader(
            "A safetensors file",
            max_upload_size=SIZE_LIMIT // 1_000_000,
            key=_KEY,
            on_change=_take,
            help="From any training here, or the weights of a network cnnviz knows.",
        )
        problem = st.session_state.get(_PROBLEM)
        if problem:
            st.error(problem, icon=":material/error:")
            if "turn it into safetensors" in problem:
                st.code(CONVERSION, language="python")
        st.caption("Everybody who uses this server sees it here, and may delete it.")
        key = session.model_key()
        if key.startswith(settings.OWN):
            label, icon = "Delete the model on screen", ":material/delete:"
            st.button(label, icon=icon, on_click=_delete, args=(key,), key="own_delete")


def keep(network: Network, name: str, card: dict[str, Any]) -> None:
    """Put a model on the shelf and show it everywhere; call it from a callback. Raises CheckpointError."""
    kept = own_models.keep_model(settings.models_root(), network, name, card)
    session.select_model(f"{settings.OWN}{kept.digest}")


def _take() -> None:
    """Once per upload, before the page is drawn; a bad file leaves everything as it was."""
    st.session_state.pop(_PROBLEM, None)
    file = st.session_state[_KEY]
    if file is None:
        return
    try:
        network, title = read_model(file.getvalue())
        name = file.name.removesuffix(".safetensors")
        keep(network, f"{name} ({title})", {"origin": "uploaded"})
    except CheckpointError as error:
        st.session_state[_PROBLEM] = str(error)


def _delete(key: str) -> None:
    own_models.delete_own(settings.models_root(), key.removeprefix(settings.OWN))
    session.select_model("default")
