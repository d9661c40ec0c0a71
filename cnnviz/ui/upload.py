"""An uploaded picture as the current digit."""

import streamlit as st

from cnnviz.errors import ImageError
from cnnviz.images import decode
from cnnviz.ui import session

_PROBLEM = "_upload_problem"


def upload(key: str) -> None:
    """An uploader whose picture becomes the current digit, or says in one sentence why not."""
    st.file_uploader(
        "Upload a picture of a digit",
        type=["png", "jpg", "jpeg", "webp"],
        max_upload_size=10,
        key=key,
        on_change=_read,
        args=(key,),
    )
    if st.session_state.get(_PROBLEM, ("", ""))[0] == key:
        st.error(st.session_state[_PROBLEM][1], icon=":material/error:")


def _read(key: str) -> None:
    """Once per upload, before the page is drawn; a bad file leaves the current digit as it was."""
    st.session_state.pop(_PROBLEM, None)
    file = st.session_state[key]
    if file is None:
        return
    try:
        session.show_picture(decode(file.getvalue()), "upload")
    except ImageError as error:
        st.session_state[_PROBLEM] = (key, str(error))
