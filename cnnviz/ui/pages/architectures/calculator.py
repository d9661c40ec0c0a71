"""Any stack of layers: shapes and parameters with the formulas filled in."""

from typing import Any

import pandas as pd
import streamlit as st

from cnnviz.errors import CnnvizError, NetworkError
from cnnviz.labs.architectures.layer_arithmetic import EXERCISE, LayerSpec, Row, walk
from cnnviz.ui.widgets.code_panel import code_panel

KINDS = ["convolution", "max pooling", "average pooling", "flatten", "dense"]
STACKS: dict[str, tuple[tuple[int, int, int], tuple[LayerSpec, ...]]] = {
    "Flattening exercise": ((130, 130, 3), EXERCISE),
    "Classic on a digit": (
        (28, 28, 1),
        (
            LayerSpec("convolution", 32, 3),
            LayerSpec("max pooling", 0, 2, 2),
            LayerSpec("convolution", 64, 3),
            LayerSpec("max pooling", 0, 2, 2),
            LayerSpec("flatten"),
            LayerSpec("dense", 10),
        ),
    ),
    "16 filters of 2 × 2 on 200 × 200": (
        (200, 200, 1),
        (LayerSpec("convolution", 16, 2, 2), LayerSpec("convolution", 32, 3, 1, 1)),
    ),
}
_STACK = "calculator_stack"


def calculator_view() -> None:
    """Picture and layers at the left, what becomes of them at the right."""
    name = str(
        st.segmented_control(
            "Start from",
            list(STACKS),
            default=next(iter(STACKS)),
            key=_STACK,
            persist_state="session",
            required=True,
            label_visibility="collapsed",
        )
    )
    shape, layers = STACKS[name]
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        given = _picture(name, shape)
        stack = _stack(name, layers)
    with right:
        try:
            rows = walk(given, [_spec(record, number) for number, record in enumerate(stack, 1)])
        except CnnvizError as error:
            st.error(f"{error} Change the row, and the rest follows.", icon=":material/error:")
            return
        _results(given, rows)
    st.caption(
        "Side: (W − F + 2P) / S + 1, rounded down. Parameters of a convolution: K·F·F·D + K, of a dense "
        "layer "
        "units·inputs + units. Multiplications: one for each weight at each place.  \n"
        "**What this does not show:** which stack learns better. Fewer parameters are cheaper, not wiser."
    )
    code_panel(
        "layers = [\n"
        + "".join(f"    {row.layer},\n" for row in rows)
        + f"]\nfor row in walk({given}, layers):\n    print(row.shape, row.parameters, row.multiply_adds)\n"
    )


def _picture(name: str, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    columns = st.columns(3)
    labels = ("Height", "Width", "Depth")
    values = [
        int(column.number_input(label, 1, 2_000, value, key=f"calculator_{label}_{name}"))
        for column, label, value in zip(columns, labels, shape, strict=True)
    ]
    return values[0], values[1], values[2]


def _stack(name: str, layers: tuple[LayerSpec, ...]) -> list[dict[str, Any]]:
    """The rows as edited; a row can be added at the foot and deleted at its left."""
    frame = pd.DataFrame(
        [
            {
                "layer": each.kind,
                "K": each.filters or None,
                "F": each.size or None,
                "S": each.stride,
                "P": each.padding,
            }
            for each in layers
        ]
    )
    number: dict[str, Any] = {"min_value": 0, "max_value": 10_000, "step": 1}
    edited = st.data_editor(
        frame,
        key=f"calculator_rows_{name}",
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "layer": st.column_config.SelectboxColumn("Layer", options=KINDS, required=True, width=130),
            "K": st.column_config.NumberColumn(
                "K", help="Filters, or units of a dense layer", **number, width=46
            ),
            "F": st.column_config.NumberColumn("F", help="Side of the kernel or window", **number, width=46),
            "S": st.column_config.NumberColumn("S", help="Stride", **number, width=46),
            "P": st.column_config.NumberColumn("P", help="Padding on each side", **number, width=46),
        },
    )
    return [dict(record) for record in edited.to_dict("records")]


def _spec(record: dict[str, Any], number: int) -> LayerSpec:
    if record["layer"] not in KINDS:
        raise NetworkError(f"Layer {number}: choose what kind it is.")
    values = {name: 0 if pd.isna(record[key]) else int(record[key]) for name, key in _FIELDS.items()}
    if record["layer"] in ("flatten", "dense"):
        values |= {"size": 0, "padding": 0, "stride": 1}
    return LayerSpec(record["layer"], **values)


_FIELDS = {"filters": "K", "size": "F", "stride": "S", "padding": "P"}


def _results(given: tuple[int, ...], rows: list[Row]) -> None:
    if not rows:
        st.info("Add a layer in the table's last row.", icon=":material/add:")
        return
    last, total = rows[-1], sum(row.parameters for row in rows)
    work = sum(row.multiply_adds for row in rows)
    first, second, third = st.columns(3)
    first.metric("Comes out", " × ".join(f"{size:,}" for size in last.shape))
    second.metric("Parameters", f"{total:,}")
    third.metric("Multiplications", f"{work:,}" if work < 1e6 else f"{work / 1e6:,.1f} M")
    lines = [f"| {' × '.join(map(str, given))} | shape | parameters |", "|---|---|---|"]
    for row in rows:
        shape = " × ".join(map(str, row.shape))
        lines.append(f"| {row.layer.kind} | {row.shape_formula}  →  **{shape}** | {row.parameter_formula} |")
    st.markdown("\n".join(lines))
