"""The famous networks, measured: how their shape narrows, where weights and work sit, what was new."""

from typing import Any

import altair as alt
import streamlit as st

from cnnviz.colors import ACCENT, MUTED
from cnnviz.labs.architectures.catalogue import ARCHITECTURES, measured
from cnnviz.labs.architectures.profiler import FIELD_SIDE, Measured, Stage
from cnnviz.ui.state.current_model import select_model
from cnnviz.ui.state.query_params import Architectures
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.choice_controls import segments
from cnnviz.ui.widgets.code_panel import code_panel
from cnnviz.ui.widgets.pictures import theme


def gallery_view() -> None:
    """Choose one; its picture, its figures; and all of them in one table."""
    found = measured()
    name = segments("Network", Architectures.network.among(found), label_visibility="collapsed")
    about, figures = ARCHITECTURES[name], found[name]
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        _shape(name, figures)
        _where(figures)
    with right:
        st.markdown(f"**{about.title}, {about.year}.** {about.idea}")
        st.markdown(_facts(name, figures))
        st.caption(f"{about.source}, {about.year}.")
        if name == "lenet5":
            st.page_link("pages/network.py", label="See it read your digit", icon=":material/account_tree:")
            st.button("Make LeNet-5 the model", on_click=select_model, args=("lenet5",))
    st.markdown("**All of them**")
    st.dataframe(
        _table(found), hide_index=True, height="content", column_config=_columns(), alt="All networks"
    )
    st.caption(
        "Measured on torchvision's own modules (LeNet-5 is cnnviz's, the UNet is built from its paper), one "
        "picture "
        "of the size given; the figures are carried, "
        "python -m cnnviz build-assets architectures makes them anew.  \n"
        "**What this does not show:** how well they see; that depends on what they were trained on, and how "
        "long."
    )
    code_panel(
        f'found = measure_architecture("{name}")  # some seconds to minutes\n'
        "print(found.parameters, found.multiply_adds, found.receptive_field)\n"
        "for stage in found.stages:\n    print(stage)\n"
    )


def _words(stage: Stage) -> str:
    if len(stage.shape) == 3:
        return f"{stage.shape[0]} maps of {stage.shape[1]} × {stage.shape[2]}"
    return (
        f"{stage.shape[0]} words of {stage.shape[1]}"
        if len(stage.shape) == 2
        else f"{stage.shape[0]} numbers"
    )


def _shape(name: str, figures: Measured) -> None:
    """Each stage a block: as high as its maps, as wide as the square root of their number."""
    given = ARCHITECTURES[name].input
    blocks = [(given[1], given[0], f"input, {given[0]} × {given[1]} × {given[2]}", 0)]
    for stage in figures.stages:
        maps = len(stage.shape) == 3
        height = stage.shape[1] if maps else stage.shape[0] ** 0.5 if len(stage.shape) == 2 else 1
        depth = stage.shape[0] if maps else stage.shape[-1]
        blocks.append((height, depth, _words(stage), stage.layers))
    rows: dict[str, list[Any]] = {
        key: [] for key in ("x", "x2", "y", "y2", "words", "layers", "label", "middle")
    }
    x, tallest = 0.0, max(block[0] for block in blocks)
    for height, depth, words, layers in blocks:
        width = max(depth, 1) ** 0.5
        side = max(height / tallest, 0.02)
        for key, value in zip(
            rows,
            (
                x,
                x + width,
                -side / 2,
                side / 2,
                words,
                layers,
                f"{height:g}" if height > 1 else "",
                x + width / 2,
            ),
            strict=True,
        ):
            rows[key].append(value)
        x += width + 4
    st.markdown(
        "**How its shape changes**: height is the maps' side in pixels, width the root of their number"
    )
    draw(
        rows,
        _shape_spec(),
        "architecture_shape",
        f"The stages of {ARCHITECTURES[name].title}, from input to output",
    )


def _where(figures: Measured) -> None:
    """Shares of parameters and of multiplications, stage by stage."""
    rows: dict[str, list[Any]] = {"stage": [], "share": [], "what": [], "words": []}
    for number, stage in enumerate(figures.stages, 1):
        for what, part, whole in (
            ("parameters", stage.parameters, figures.parameters),
            ("multiplications", stage.multiply_adds, figures.multiply_adds),
        ):
            rows["stage"].append(number)
            rows["share"].append(part / whole)
            rows["what"].append(what)
            rows["words"].append(_words(stage))
    st.markdown("**Where its weights and its work are**")
    draw(rows, _where_spec(), "architecture_where", "Share of parameters and multiplications in each stage")


@specification
def _shape_spec() -> Any:
    x, y = alt.X("x:Q", axis=None), alt.Y("y:Q", axis=None)
    hint = [alt.Tooltip("words:N", title="stage"), alt.Tooltip("layers:N", title="layers with weights")]
    blocks = alt.Chart().mark_rect(color=ACCENT[theme()], opacity=0.75, cornerRadius=2)
    words = alt.Chart().mark_text(dy=9, baseline="top", color=MUTED[theme()], fontSize=12)
    return alt.layer(
        blocks.encode(x, y, x2="x2", y2="y2", tooltip=hint),
        words.encode(alt.X("middle:Q", axis=None), y, text="label:N"),
        height=210,
    )


@specification
def _where_spec() -> Any:
    names = ["parameters", "multiplications"]
    colors = alt.Scale(domain=names, range=[ACCENT[theme()], MUTED[theme()]])
    return (
        alt.Chart(height=230)
        .mark_bar()
        .encode(
            alt.X("stage:O", title="stage", axis=alt.Axis(labelAngle=0, ticks=False)),
            alt.Y("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=4)),
            alt.XOffset("what:N", sort=names),
            alt.Color("what:N", title=None, sort=names, scale=colors, legend=alt.Legend(orient="top")),
            tooltip=[
                alt.Tooltip("words:N", title="stage"),
                alt.Tooltip("what:N"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
    )


def _facts(name: str, figures: Measured) -> str:
    layers = sum(stage.layers for stage in figures.stages)
    given = " × ".join(map(str, ARCHITECTURES[name].input))
    return (
        f"- **{figures.parameters:,}** parameters\n"
        f"- **{_work(figures.multiply_adds)}** multiplications a picture of {given}\n"
        f"- **{layers}** layers with weights\n"
        f"- a cell of the last maps sees {_field(figures)}"
    )


def _field(figures: Measured) -> str:
    side = figures.receptive_field
    return f"**{side} × {side}** pixels" if side else "the **whole picture**"


def _work(count: int) -> str:
    return f"{count / 1e9:.2f} billion" if count >= 1e9 else f"{count / 1e6:.1f} million"


def _table(found: dict[str, Measured]) -> dict[str, list[Any]]:
    names = list(found)
    return {
        "Network": [ARCHITECTURES[name].title for name in names],
        "Year": [str(ARCHITECTURES[name].year) for name in names],
        "Parameters": [found[name].parameters for name in names],
        "Multiplications, M": [round(found[name].multiply_adds / 1e6, 1) for name in names],
        "Layers": [sum(stage.layers for stage in found[name].stages) for name in names],
        "Sees, px": [str(found[name].receptive_field or f"all (over {FIELD_SIDE})") for name in names],
    }


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn(format="localized")
    return {"Parameters": number, "Multiplications, M": number}
