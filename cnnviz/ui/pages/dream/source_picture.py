"""The dream page's start: a photograph, an upload, color noise, or the current digit."""

import streamlit as st
import torch

from cnnviz.io.images import encode_png
from cnnviz.io.photos import PHOTOS, SIDE, load_photo, to_photo, to_pixels
from cnnviz.ui.components.gallery.gallery import chosen_picture, gallery
from cnnviz.ui.pages.dream.job import Picture
from cnnviz.ui.state.current_digit import UPLOAD, current_digit
from cnnviz.ui.state.query_params import Dream
from cnnviz.ui.widgets.pictures import digit_png
from cnnviz.ui.widgets.upload import own_photo, upload_photo

DIGIT, NOISE = "digit", "noise"
_THUMBNAIL = 96


def choose_picture(photographs_only: bool = False) -> Picture:
    """The chosen start, at the chosen size."""
    others = [] if photographs_only else [NOISE, DIGIT]
    names = [*PHOTOS, *others, *([UPLOAD] if own_photo() is not None else [])]
    name = Dream.picture.among(names).settle()
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
        on_select=lambda: Dream.picture.take(chosen_picture("dream_starts"), names),
    )
    return _picture(name, labels[name])


def _picture(name: str, label: str) -> Picture:
    side = int(st.session_state.get("dream_photo_side", SIDE))
    if name == DIGIT:
        digit = current_digit()
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
        return digit_png(current_digit().image, 3)
    own = own_photo()
    if name == UPLOAD and own is not None:
        return encode_png(to_pixels(to_photo(own, _THUMBNAIL * 2)))
    return _carried_thumbnail(name)


@st.cache_data(max_entries=16, show_spinner=False)
def _carried_thumbnail(name: str) -> bytes:
    image = _noise(_THUMBNAIL) if name == NOISE else load_photo(name, _THUMBNAIL)
    return encode_png(to_pixels(image))


def _take_upload() -> None:
    st.session_state[Dream.picture.name] = UPLOAD
