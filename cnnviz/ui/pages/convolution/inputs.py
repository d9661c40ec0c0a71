"""The image the convolution page is about: an example, the current digit, or a photograph in gray.

choose_image()      the control; its value is in the address, but for a photograph of one's own
current_picture()   what it chose last, where it is not on screen
photograph(...)     one in color
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from cnnviz.io.photos import PHOTOS, SMALLEST, load_photo, to_photo
from cnnviz.labs.convolution.geometry import WindowGeometry
from cnnviz.labs.convolution.kernels import EXAMPLES, gray
from cnnviz.ui.state.current_digit import UPLOAD, current_digit
from cnnviz.ui.state.current_model import current_model
from cnnviz.ui.state.query_params import Convolution, OneOf
from cnnviz.ui.widgets.choice_controls import number, select
from cnnviz.ui.widgets.code_panel import opening
from cnnviz.ui.widgets.upload import own_photo, upload_photo

DIGIT = "digit"
PHOTO_SIDE = 48  # pixels of the longer side: few enough to point at


@dataclass(frozen=True, eq=False)
class Picture:
    """image: float64 (H, W), white at `limit`; program: Python that makes it."""

    name: str
    label: str
    image: Tensor
    limit: float
    program: str


def choose_image(choice: OneOf[str] = Convolution.image, side: int = PHOTO_SIDE) -> Picture:
    """One of the examples, the current digit, a carried photograph or the visitor's own, in gray."""
    name = select("Image", _images(choice), _image_label)
    offer_upload(choice.name)
    return _picture(name, side)


def _images(choice: OneOf[str]) -> OneOf[str]:
    return choice.among([*EXAMPLES, DIGIT, *photographs()])


def photographs() -> list[str]:
    """The carried ones, and the visitor's own in front when there is one."""
    return [*([UPLOAD] if own_photo() is not None else []), *PHOTOS]


def offer_upload(key: str) -> None:
    """A button beside the choice called `key`: what is uploaded there is chosen there."""
    with st.popover("Upload", icon=":material/upload:", type="tertiary", key=f"{key}_upload_panel"):
        upload_photo(f"{key}_upload", lambda: st.session_state.update({key: UPLOAD}))


def current_picture() -> Picture:
    """What choose_image() chose last, also where it is not on screen."""
    return _picture(_images(Convolution.image).value(), PHOTO_SIDE)


def _image_label(name: str) -> str:
    if name == DIGIT:
        return "The current digit"
    return EXAMPLES[name].label if name in EXAMPLES else f"Photograph: {photo_label(name)}"


def photo_label(name: str) -> str:
    return "yours" if name == UPLOAD else PHOTOS[name].label


def _picture(name: str, side: int) -> Picture:
    if name in EXAMPLES:
        example = EXAMPLES[name]
        program = f"image = EXAMPLES[{name!r}].image  # (H, W)\n"
        return Picture(name, example.label, example.image, float(example.image.max()), program)
    if name == DIGIT:
        digit = current_digit()
        return Picture(name, digit.caption, digit.image.double(), 1.0, "")
    photo = photograph(name, side)
    program = f"image = gray({photo.program}.double())  # (H, W)\n"
    return Picture(name, f"{photo_label(name)}, in gray", gray(photo.image), 1.0, program)


@dataclass(frozen=True, eq=False)
class Photograph:
    """image: float64 (3, H, W) in [0, 1]; program: the call that makes it."""

    image: Tensor
    program: str


def photograph(name: str, side: int) -> Photograph:
    """A carried photograph, or the visitor's own, with a longer side of `side` or a little more."""
    own = own_photo()
    if name == UPLOAD and own is not None:
        side = _fitting_side(own.shape, side)
        program = f'to_photo(read_picture(Path("yours.jpg")), {side})'
        return Photograph(to_photo(own, side).double(), program)
    image, side = _carried(name, side)
    return Photograph(image, f"load_photo({name!r}, {side})")


@st.cache_data(max_entries=32, show_spinner=False)
def _carried(name: str, side: int) -> tuple[Tensor, int]:
    side = _fitting_side(load_photo(name).shape[1:], side)
    return load_photo(name, side).double(), side


def _fitting_side(shape: Sequence[int], side: int) -> int:
    """`side`, or the least longer side that a photograph of this shape (H, W) can be reduced to."""
    height, width = shape[:2]
    return max(side, -(-(SMALLEST + 1) * max(height, width) // min(height, width)))


def beginning(picture: Picture) -> str:
    """Lines that make `image`, float64 (H, W)."""
    if picture.name == DIGIT:
        digit = opening(current_model(), current_digit())
        return digit + "image = image.double()  # (28, 28)\n"
    return picture.program


def kernel_lines(kernel: Tensor) -> str:
    """Lines that make `kernel`, float64 (h, w)."""
    rows = ",\n".join(f"    {row}" for row in kernel.tolist())
    return f"kernel = torch.tensor([\n{rows},\n], dtype=torch.float64)\n"


def slide_program(picture: Picture, kernel: Tensor, geometry: WindowGeometry, bias: float) -> str:
    """Result, its size, and one cell term by term."""
    return (
        beginning(picture)
        + kernel_lines(kernel)
        + f"sliding = {geometry!r}\n"
        + f"result = correlate(image[None], kernel[None, None], torch.tensor([{bias}]), sliding)[0]\n"
        + "turned = convolve(image[None], kernel[None, None], None, sliding)[0]\n"
        + "print(result, turned, sep='\\n')\n"
        + "for term in terms(image[None], kernel[None], 0, 0, sliding):\n"
        + "    print(term.value, '×', term.weight, '=', term.product)\n"
    )


_GEOMETRY = (Convolution.stride, Convolution.padding, Convolution.dilation)
PADDING_NAMES = {
    "zero": "zeros",
    "replicate": "extend the edge",
    "reflect": "mirror",
    "circular": "go round",
}


def choose_geometry() -> tuple[WindowGeometry, float]:
    """Stride, padding, dilation and border, also illegal ones; and the bias."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        stride, padding, dilation = (
            number(choice.name.capitalize(), choice, width=105) for choice in _GEOMETRY
        )
        border = select("Beyond the edge", Convolution.border, PADDING_NAMES.__getitem__, width=170)
        bias = number("Bias", Convolution.bias, step=0.5, width=120)
    return WindowGeometry(stride, padding, dilation, border), bias


def current_geometry() -> tuple[WindowGeometry, float]:
    """What choose_geometry() chose last, also where it is not on screen."""
    stride, padding, dilation = (choice.value() for choice in _GEOMETRY)
    geometry = WindowGeometry(stride, padding, dilation, Convolution.border.value())
    return geometry, Convolution.bias.value()
