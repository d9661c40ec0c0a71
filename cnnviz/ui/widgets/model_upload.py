"""Beside the model picker: bring a model of one's own, or delete one."""

import streamlit as st

from cnnviz.checkpoints.format import SIZE_LIMIT
from cnnviz.checkpoints.import_weights import CONVERSION, read_model
from cnnviz.errors import CheckpointError
from cnnviz.ui.state.current_model import keep, model_key, select_model
from cnnviz.ui.state.model_catalogue import Origin, delete_model, split

_KEY, _PROBLEM = "model_upload", "_model_upload_problem"


def model_upload() -> None:
    st.file_uploader(
        "Upload a model: a safetensors file. Everybody who uses this server sees it here, and may delete it.",
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
    key = model_key()
    if split(key)[0] is Origin.STORED:
        label, icon = "Delete the model on screen", ":material/delete:"
        st.button(label, icon=icon, on_click=_delete, args=(key,), key="own_delete")


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
    delete_model(key)
    select_model("default")
