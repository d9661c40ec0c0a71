"""The dream page's start: a photograph, an upload, colour noise, or the current digit.

choose_picture()   the gallery of starts
linked(), pick()   a choice made in a gallery, kept in the session and in the address
"""

from collections.abc import Sequence

import streamlit as st
import torch

from cnnviz.images import encode_png
from cnnviz.photos import PHOTOS, SIDE, load_photo, to_photo, to_pixels
from cnnviz.ui import session
from cnnviz.ui.components.gallery import chosen_picture, gallery
from cnnviz.ui.dream_run import Picture
from cnnviz.ui.pictures import digit_png
from cnnviz.ui.upload import UPLOAD, own_photo, upload_photo

DIGIT, NOISE = "digit", "noise"
_CHOICE = "picture"
_THUMBNAIL = 96


def choose_picture(photographs_only: bool = False) -> Picture:
    """The chosen start, at the chosen size."""
    others = [] if photographs_only else [NOISE, DIGIT]
    names = [*PHOTOS, *others, *([UPLOAD] if own_photo() is not None else [])]
    name = linked(_CHOICE, names, "forest")
    labels = {**{key: photo.label for key, photo in PHOTOS.items()}, NOISE: "Noise", UPLOAD: "Yours"}
    labels[DIGIT] = "Your digit"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown("**Photograph**" if photographs_only else "**Start from**", width="content")
        with st.popover("Upload", icon=":material/upload:", type="tertiary", key="dream_upload_panel"):
            upload_photo("dream_upload", _take_upload)
    gallery(
        [_thumbnail(each) for each in names],
        key="dream_starts",
        label="Pictures to start from",
        captions=[labels[each] for each in names],
        selected=names.index(name),
        tile=58,
        on_select=lambda: pick("dream_starts", _CHOICE, names),
    )
    return _picture(name, labels[name])


def _picture(name: str, label: str) -> Picture:
    side = int(st.session_state.get("dream_photo_side", SIDE))
    if name == DIGIT:
        digit = session.current_digit()
        return Picture(name, digit.caption, digit.image[None])
    if name == NOISE:
        return Picture(name, "colour noise", _noise(side))
    own = own_photo()
    if name == UPLOAD and own is not None:
        return Picture(name, "your picture", to_photo(own, side))
    return Picture(name, f"the {label.lower()}", load_photo(name, side), PHOTOS[name].credit)


def _noise(side: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(3, side * 2 // 3, side, generator=generator)
    return 0.5 + 0.2 * (noise - 0.5)


def _thumbnail(name: str) -> bytes:
    if name == DIGIT:
        return digit_png(session.current_digit().image, 3)
    own = own_photo()
    if name == UPLOAD and own is not None:
        return encode_png(to_pixels(to_photo(own, _THUMBNAIL * 2)))
    return _carried_thumbnail(name)


@st.cache_data(max_entries=16, show_spinner=False)
def _carried_thumbnail(name: str) -> bytes:
    image = _noise(_THUMBNAIL) if name == NOISE else load_photo(name, _THUMBNAIL)
    return encode_png(to_pixels(image))


def _take_upload() -> None:
    st.session_state[_CHOICE] = UPLOAD


# ---- choices in galleries, kept in the address ----


def linked(name: str, options: Sequence[str], first: str) -> str:
    """The session's choice, at the beginning the address's; anything unknown becomes `first`."""
    value = str(st.session_state.get(name, st.query_params.get(name, first)))
    value = value if value in options else first
    st.session_state[name] = value
    if value in (first, UPLOAD):  # an upload is not in a link
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
    return value


def pick(key: str, name: str, options: Sequence[str]) -> None:
    picked = chosen_picture(key)
    if picked is not None and picked < len(options):
        st.session_state[name] = options[picked]
