"""Whose digits a network is to learn: the visitor's own, or those of a writer it has never seen.

choose_writer(chosen)           the widgets, and what they give
digits_before(chosen, hand)   the digits, with what is read now
"""

from dataclasses import dataclass

import streamlit as st
import torch

from cnnviz.data.drawing_format import digits_of, parse_labeled
from cnnviz.data.mnist import Digits
from cnnviz.errors import DataError
from cnnviz.evaluation.metrics import logits_of
from cnnviz.evaluation.pen_writers import digits_by_writer, misclassified_by_writer
from cnnviz.networks.network import Network
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.state import labeled_drawings
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.widgets import canvas

OWN, WRITER = "My own", "A writer it has never seen"
BRUSH = 20
HARDEST = 27  # digits in the picture
_PROBLEM = "_finetune_upload_problem"


@dataclass(frozen=True, eq=False)
class WriterDigits:
    """Digits by one hand. whose: for a sentence; program: Python that sets `own`.

    editable: they are corrections.labelled(), in that order, and can be taken out again.
    """

    whose: str
    digits: Digits
    program: str
    editable: bool = False


def choose_writer(chosen: CurrentModel) -> WriterDigits:
    source = st.segmented_control(
        "Whose digits?",
        (OWN, WRITER),
        default=OWN if labeled_drawings.labeled() else WRITER,
        key="finetune_source",
        required=True,
        persist_state="session",
    )
    return _own() if source == OWN else _writer(chosen)


def digits_before(chosen: CurrentModel, writer_digits: WriterDigits) -> None:
    """The digits with what is read now, the least sure first."""
    if not len(writer_digits.digits):
        st.info(
            "Nothing labeled yet. Draw above, or see what happens with a writer it has never seen.",
            icon=":material/draw:",
        )
        return
    probabilities = logits_of(chosen.model, writer_digits.digits.images).softmax(1)
    labels, read = writer_digits.digits.labels.long(), probabilities.argmax(1)
    order = probabilities[torch.arange(len(labels)), labels].argsort()[:HARDEST]
    wrong = int((read != labels).sum())
    rest = f" The {len(order)} it finds hardest:" if len(order) < len(labels) else ""
    st.markdown(f"**{wrong} of {len(labels)} misread** (what it is → what is read).{rest}")
    place = maps(
        writer_digits.digits[order].pixels(),
        key="finetune_own" if writer_digits.editable else "finetune_digits",
        label="The digits to learn, each with its label and what the network reads",
        captions=[in_words(int(labels[index]), int(read[index])) for index in order],
        scale="digit",
        tile=56,
        legend=False,
        selectable=writer_digits.editable,
    )
    if writer_digits.editable:
        _removing(None if place is None else int(order[place]))


def in_words(label: int, *read: int) -> str:
    """4; or 4→9 when it was misread."""
    return str(label) if set(read) == {label} else "→".join(map(str, (label, *read)))


def _removing(index: int | None) -> None:
    """Take out the selected digit, or all."""
    with st.container(horizontal=True):
        st.button(
            "Remove the selected one",
            key="finetune_remove",
            type="tertiary",
            disabled=index is None,
            on_click=labeled_drawings.remove,
            args=(index,),
        )
        st.button(
            "Remove all", key="finetune_remove_all", type="tertiary", on_click=labeled_drawings.forget_all
        )


# ---- a writer ----


def _writer(chosen: CurrentModel) -> WriterDigits:
    misclassified = _misclassified(chosen.digest, chosen.model)
    everybody = digits_by_writer()
    writer = st.selectbox(
        "Writer",
        list(misclassified),
        format_func=lambda name: f"{name} · {misclassified[name]} of {len(everybody[name])} misread",
        key="finetune_writer",
        persist_state="session",
    )
    program = f"own = digits_by_writer()[{writer!r}]\n"
    return WriterDigits(f"writer {writer}", everybody[writer], program)


@st.cache_resource(max_entries=16, show_spinner="Reading every hand")
def _misclassified(digest: str, _model: Network) -> dict[str, int]:  # noqa: ARG001 - the key
    return misclassified_by_writer(_model)


# ---- the visitor ----


def _own() -> WriterDigits:
    board, words = st.columns([1, 1.1], gap="medium")
    with board:
        canvas.canvas(BRUSH)
        st.button("Clear", icon=":material/delete:", on_click=canvas.clear, key="finetune_clear")
    with words:
        _label()
        _files()
    program = (
        'own = digits_of(parse_labeled(Path("labelled-drawings.json").read_bytes()))  # downloaded here\n'
    )
    return WriterDigits("your hand", digits_of(labeled_drawings.labeled()), program, editable=True)


def _label() -> None:
    """Name the digit on screen; the next one can be drawn at once."""
    digit = current_digit()
    if digit.label is not None and digit.chosen:
        st.markdown(f"On screen: {digit.caption}, a {digit.label}.")
        st.button(
            "Add it", key="finetune_add_test", on_click=labeled_drawings.label_current, args=(digit.label,)
        )
        return
    kept = labeled_drawings.label_of_current() if digit.chosen else None
    st.markdown(
        "Draw a digit, then say what it is:"
        if kept is None
        else f"This one is kept as a **{kept}**. Clear the board and draw the next, or correct it:"
    )
    with st.container(horizontal=True, gap="small", key="finetune_labels"):
        for label in range(10):
            st.button(
                str(label),
                key=f"finetune_label_{label}",
                on_click=_labeled,
                args=(label,),
                disabled=not digit.chosen,
            )
    count = len(labeled_drawings.labeled())
    st.caption(
        f"{count} collected."
        if count
        else "Ten show an effect; thirty make the honest figure mean something."
    )


def _labeled(label: int) -> None:
    labeled_drawings.label_current(label)
    canvas.clear()


def _files() -> None:
    with st.popover("Upload collected ones", key="finetune_files"):
        st.file_uploader("labelled-drawings.json", type=["json"], key="finetune_upload", on_change=_take)
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem, icon=":material/error:")
    if labeled_drawings.labeled():
        labeled_drawings.download()


def _take() -> None:
    """Once per upload; a bad file changes nothing."""
    st.session_state.pop(_PROBLEM, None)
    file = st.session_state["finetune_upload"]
    if file is None:
        return
    try:
        labeled_drawings.add(parse_labeled(file.getvalue()))
    except DataError as error:
        st.session_state[_PROBLEM] = str(error)
