"""The kernel the convolution page is about: a classic one, a learned one, or one typed by hand.

choose_kernel()     the controls; their values are in the address
take_typed(key)     what the visitor typed into the cells of the picture called `key`
current_kernel()    what was chosen last, where it is not on screen
write_link()        a kernel typed by hand goes into the address
"""

from dataclasses import dataclass, replace

import streamlit as st
import torch
from torch import Tensor

from cnnviz.errors import ShapeError
from cnnviz.interpret.filters import conv_layers, kernels_of
from cnnviz.labs.convolution.kernels import CLASSIC, KERNEL_LIMIT, parse_kernel
from cnnviz.ui.components.sliding_window.sliding_window import Cells, typed_cells
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_model import current_model
from cnnviz.ui.state.query_params import Convolution, Number, OneOf, show
from cnnviz.ui.widgets.choice_controls import number, select

OWN, LEARNED = "own", "learnt"
_OWN, _TYPED = "_convolution_own", "_convolution_typed"


@dataclass(frozen=True, eq=False)
class Kernel:
    """kernel: float64 (h, w). problem and typed: cells that cannot be read, and why."""

    label: str
    kernel: Tensor
    use: str
    problem: str = ""
    typed: Cells | None = None


def choose_kernel() -> Kernel:
    """A classic kernel, a learned filter of the current model, or one typed by hand."""
    _read_link()
    learned = learned_filters()
    name = select("Kernel", _kernels(learned), _kernel_label, on_change=forget_typed)
    if name == LEARNED and learned is not None:
        number("Filter", _filter_of(learned), on_change=forget_typed)
    chosen = _kernel(name, learned)
    _choose_size(chosen.kernel)
    typed: tuple[Cells, str] | None = st.session_state.get(_TYPED)
    if typed is None or not same_shape(typed[0], chosen.kernel[None]):
        return chosen
    return replace(chosen, typed=typed[0], problem=typed[1])


def _kernels(learned: Tensor | None) -> OneOf[str]:
    return Convolution.kernel.among([*CLASSIC, *([LEARNED] if learned is not None else []), OWN])


def _filter_of(learned: Tensor) -> Number[int]:
    return Convolution.filter.within(0, len(learned) - 1, 0)


def _kernel_label(name: str) -> str:
    return {OWN: "By hand", LEARNED: "Learnt by the network"}.get(name) or CLASSIC[name].label


def _kernel(name: str, learned: Tensor | None) -> Kernel:
    if name == LEARNED and learned is not None:
        return _learned(learned, _filter_of(learned).value())
    return _own() if name == OWN else _classic(name)


def _classic(name: str) -> Kernel:
    return Kernel(CLASSIC[name].label, CLASSIC[name].kernel, CLASSIC[name].use)


def _own() -> Kernel:
    return Kernel("Your kernel", cache.remember(_OWN, lambda: CLASSIC["identity"].kernel), "typed by hand")


def _learned(filters: Tensor, number: int) -> Kernel:
    title = current_model().title
    return Kernel(f"Filter {number} of “{title}”", filters[number], "learnt from digits, by nobody's hand")


def current_kernel() -> Kernel:
    """What choose_kernel() chose last, also where it is not on screen."""
    learned = learned_filters()
    return _kernel(_kernels(learned).value(), learned)


def learned_filters() -> Tensor | None:
    """float64 (N, h, w): the first convolution's filters of the current model; None without such a layer."""
    model = current_model().model
    layers = conv_layers(model)
    return kernels_of(model, layers[0]).double() if layers else None


def _choose_size(kernel: Tensor) -> None:
    """Rows and columns; another size keeps the middle, cuts what is outside and fills with zeros."""
    side = max(kernel.shape)
    key = f"convolution_size_{side}"  # a new widget for each size that the kernel itself brings
    st.session_state[key] = side
    st.number_input(
        "Size",
        1,
        KERNEL_LIMIT,
        key=key,
        width=110,
        on_change=_resize,
        args=(key, kernel),
        help="Rows and columns",
    )


def _resize(key: str, kernel: Tensor) -> None:
    side = int(st.session_state[key])
    before = (side - kernel.shape[0]) // 2, (side - kernel.shape[1]) // 2
    resized = torch.zeros(side, side, dtype=torch.float64)
    for row in range(side):
        for column in range(side):
            from_row, from_column = row - before[0], column - before[1]
            if 0 <= from_row < kernel.shape[0] and 0 <= from_column < kernel.shape[1]:
                resized[row, column] = kernel[from_row, from_column]
    _take(resized)


def take_typed(key: str, kernel: Tensor) -> None:
    """An edit in the picture called `key`: take it over, or remember what cannot be read and why."""
    cells = typed_cells(key)
    if cells is None or not same_shape(cells, kernel[None]):
        return
    try:
        _take(parse_typed(cells, kernel[None])[0])
    except ShapeError as error:
        st.session_state[_TYPED] = (cells, str(error))


def parse_typed(cells: Cells, kernel: Tensor) -> Tensor:
    """A kernel (C, h, w) with what was typed into its cells. Raises ShapeError."""
    texts = [
        [
            [repr(weight) if text is None else text for text, weight in zip(*rows, strict=True)]
            for rows in zip(typed, weights, strict=True)
        ]
        for typed, weights in zip(cells, kernel.tolist(), strict=True)
    ]
    return torch.stack([parse_kernel(rows) for rows in texts])


def same_shape(cells: Cells, kernel: Tensor) -> bool:
    """Whether the cells are those of this kernel (C, h, w), and not of one shown before."""
    return [[len(row) for row in rows] for rows in cells] == [[kernel.shape[2]] * kernel.shape[1]] * len(
        kernel
    )


def _take(kernel: Tensor) -> None:
    st.session_state[_OWN] = kernel
    st.session_state[Convolution.kernel.name] = OWN
    forget_typed()


def forget_typed() -> None:
    st.session_state.pop(_TYPED, None)


# ---- a kernel in the address: 1,0,-1;2,0,-2;1,0,-1 ----


def _read_link() -> None:
    """The cells of the address, when they can be read."""
    asked = Convolution.cells.asked(st.session_state.get(_OWN))
    if asked is None:
        return
    try:
        st.session_state[_OWN] = parse_kernel([row.split(",") for row in asked[:2000].split(";")])
    except ShapeError as error:
        st.warning(f"The kernel in this link cannot be read. {error}")


def write_link(kernel: Tensor) -> None:
    """Keep a kernel typed by hand in the address, so that a link shows it to somebody else."""
    text = ";".join(",".join(f"{weight:.6g}" for weight in row) for row in kernel.tolist())
    own = st.session_state.get(Convolution.kernel.name) == OWN
    show({Convolution.cells.name: text if own else None})
