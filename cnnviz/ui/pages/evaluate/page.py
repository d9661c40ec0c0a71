"""The evaluate page: figures, where the model is wrong, how far to trust it, the test set as a map."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.colors import ACCENT, RIGHT, WRONG
from cnnviz.evaluation.metrics import Report, features, mistakes
from cnnviz.evaluation.projection import neighbors, principal_components
from cnnviz.networks.network import Network
from cnnviz.numbers import number, percent
from cnnviz.ui.components.maps.maps import chosen_tile, maps
from cnnviz.ui.pages.evaluate.label_errors import SOURCES, wrong_labels, wrong_labels_table
from cnnviz.ui.state.current_digit import choose_test_digit, current_digit, show_image
from cnnviz.ui.state.current_model import CurrentModel, current_model, model_called, model_keys
from cnnviz.ui.state.evaluation_results import SETS, Measured, digits_of, measure
from cnnviz.ui.state.model_catalogue import model_title
from cnnviz.ui.widgets.calibration import trust
from cnnviz.ui.widgets.export_panel import take_away
from cnnviz.ui.widgets.pictures import theme

if TYPE_CHECKING:
    from sklearn.decomposition import PCA

CELL_DIGITS = "cell_digits"
SHOWN = 40  # digits in a picture
POINTS = 2_000  # of the map; more would only hide each other
_DIGITS = [str(digit) for digit in range(10)]


@st.cache_resource(max_entries=12, show_spinner="Arranging the digits")
def _places(digest: str, name: str, kind: str, _model: Network) -> tuple[NDArray[np.float32], "PCA"]:  # noqa: ARG001
    """Where the first digits lie in the plane (N, 2), and the projection for one more."""
    vectors = features(_model, digits_of(name).images[:POINTS])
    projection = principal_components(vectors)
    return (projection.transform(vectors) if kind == "PCA" else neighbors(vectors).numpy()), projection


def evaluate_page() -> None:
    """The whole page."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.segmented_control("Digits", list(SETS), default="MNIST test", key="test_set", required=True)
        now = current_model()  # an earlier moment may be compared with its own end
        others = [key for key in model_keys() if key != now.key or now.snapshot is not None]
        other = st.selectbox(
            "Compare with",
            others,
            index=None,
            format_func=model_title,
            key="compare",
            placeholder="another model",
            width=280,
        )
        wrong = wrong_labels(name)
        cleaned = st.toggle(f"Leave out {len(wrong)} wrong labels", key="cleaned", help=SOURCES[name])
    whole = measure(now, name)
    beside = measure(model_called(other), name) if other else None
    measured = whole.without(wrong) if cleaned else whole
    _headline(measured, beside.without(wrong) if beside and cleaned else beside)
    left, right = st.columns([1, 1], gap="large")
    with left:
        cell = _confusion(measured.report)
    with right:
        _digits_of_cell(measured, cell)
    st.divider()
    _more(measured, whole, name)
    take_away(now, "evaluate")


_FIGURES: dict[str, tuple[Callable[[Measured], float], str, bool]] = {  # value, form, whether more is better
    "Accuracy": (lambda of: of.report.accuracy, ".2%", True),
    "Errors": (lambda of: _errors(of.report), ",.0f", False),
    "Mean F1": (lambda of: float(of.report.f1.mean()), ".4f", True),
    "Loss, nats": (lambda of: of.report.loss, ".4f", False),
    "Calibration error": (lambda of: of.report.calibration_error, ".2%", False),
}

_CALIBRATION = "Mean distance between confidence and share right, weighted by digits, 15 bins: "


def _headline(now: Measured, beside: Measured | None) -> None:
    """Five figures, with the difference to the other model."""
    helps = {
        "Accuracy": _of_all_seeds(current_model(), now.name),
        "Calibration error": _CALIBRATION + now.calibration,
    }
    with st.container(horizontal=True, horizontal_alignment="distribute"):  # on a phone two stand in a row
        for label, (figure, form, more_is_better) in _FIGURES.items():
            delta = None if beside is None else figure(now) - figure(beside)
            st.metric(
                label,
                number(figure(now), form),
                None
                if delta is None
                else "+" * (delta > 0) + f"{delta:{form}}",  # Streamlit reads the hyphen
                delta_color="off" if not delta else "normal" if more_is_better else "inverse",
                help=helps.get(label),
                width=160,
            )


def _of_all_seeds(chosen: CurrentModel, name: str) -> str | None:
    """How much of the accuracy is the seed's luck, where a shipped model was trained with several."""
    seeds = chosen.card.get("seeds")
    if seeds is None or chosen.snapshot is not None:
        return None
    each = seeds["each"][name]
    return (
        f"Trained the same way with {len(each)} seeds: {percent(seeds['mean'][name], 2)} on average, "
        f"{percent(min(each), 2)} to {percent(max(each), 2)}. This is seed {chosen.card['seed']}."
    )


def _errors(of: Report) -> float:
    return float(of.n - of.confusion.diagonal().sum())


def _confusion(of: Report) -> tuple[int, int] | None:
    """The matrix; returns the cell clicked, (true digit, reading)."""
    st.markdown("**Which digits are taken for which?** Click a cell.")
    counts = tuple(map(tuple, of.confusion.tolist()))
    event = st.vega_lite_chart(
        _confusion_chart(counts, ACCENT[theme()]),
        width="stretch",
        on_select="rerun",
        key="confusion",
        alt="Confusion matrix: rows are true digits, columns readings; orange cells are errors",
    )
    points = event["selection"].get("cell", [])
    return (int(points[0]["true"]), int(points[0]["read"])) if points else None


@functools.lru_cache(maxsize=64)
def _confusion_chart(counts: tuple[tuple[int, ...], ...], accent: str) -> dict[str, Any]:
    """The Vega-Lite specification; made once, because checking it takes longer than all the page."""
    rows = [
        {"true": true, "read": read, "count": count, "wrong": true != read}
        for true, line in enumerate(counts)
        for read, count in enumerate(line)
    ]
    chosen = alt.selection_point(name="cell", fields=["true", "read"], toggle=False)
    axis = alt.Axis(labelAngle=0, labelFontSize=14, titleFontSize=13)
    data = alt.Data(values=rows)  # type: ignore[no-untyped-call]
    base = alt.Chart(data).encode(
        alt.X("read:O", title="read as", axis=axis), alt.Y("true:O", title="is really", axis=axis)
    )
    quiet = alt.value("rgba(128,128,128,0.07)")
    errors = alt.Color("count:Q", scale=alt.Scale(scheme="oranges", type="symlog"), legend=None)
    squares = base.mark_rect(cornerRadius=3, cursor="pointer").encode(
        color=alt.condition("datum.wrong && datum.count > 0", errors, quiet),
        stroke=alt.condition(chosen, alt.value(accent), alt.value(None), empty=False),
        strokeWidth=alt.value(3),
        tooltip=["true:Q", "read:Q", "count:Q"],
    )
    text_color = alt.condition(
        "datum.wrong && datum.count > 0", alt.value("#3b1d00"), alt.value("rgba(128,128,128,0.9)")
    )
    numbers = (
        base.transform_filter("datum.count > 0")
        .mark_text(fontSize=13)
        .encode(text="count:Q", color=text_color)
    )
    chart: dict[str, Any] = (squares.add_params(chosen) + numbers).properties(height=430).to_dict()
    return chart


def _digits_of_cell(measured: Measured, cell: tuple[int, int] | None) -> None:
    """The digits of the clicked cell, or the most confident mistakes; a click makes one current."""
    confidence, predicted = measured.confidences.max(1)
    labels = measured.digits.labels.long()
    if cell:
        true, read = cell
        inside = torch.nonzero((labels == true) & (predicted == read)).flatten()
        order = inside[confidence[inside].argsort(descending=True)]
        st.markdown(f"**{len(order):,} × {true} read as {read}**, the surest first.")
    else:
        order = mistakes(measured.confidences, labels)
        st.markdown(f"**The most confident of {len(order):,} mistakes.** Each: what it is → what was read.")
    st.caption("Click a digit to make it the current one on every page.")
    shown = order[:SHOWN]
    if not len(shown):
        st.info("No digit fell into this cell.", icon=":material/check:")
        return
    captions = [
        f"{int(labels[index])}→{int(predicted[index])} {percent(confidence[index], 0)}"
        for index in shown.tolist()
    ]
    positions = measured.positions[shown].tolist()
    current = current_digit().index if measured.name.startswith("mnist") else None
    maps(
        measured.digits[shown].pixels(),
        key=CELL_DIGITS,
        label="Digits of the chosen cell",
        captions=captions,
        scale="digit",
        tile=64,
        selected=positions.index(current) if current in positions else None,
        on_select=functools.partial(_choose, measured, shown),
    )


def _choose(measured: Measured, shown: Tensor) -> None:
    """The clicked one of the shown digits becomes the current digit."""
    tile = chosen_tile(CELL_DIGITS)
    if tile is None or tile >= len(shown):
        return
    at = shown[tile]
    position = int(measured.positions[at])
    if measured.name.startswith("mnist"):
        choose_test_digit(position)
    else:
        digit = measured.digits[at : at + 1]
        show_image(digit.pixels()[0], f"pen digit {position:,}", int(digit.labels[0]))


def _more(measured: Measured, whole: Measured, name: str) -> None:
    views = ("Each digit", "How far to trust it", "Map of the test set", "Wrong labels")
    view = st.segmented_control("More", views, default=views[0], key="evaluate_view", required=True)
    if view == views[0]:
        _per_class(measured.report)
    elif view == views[1]:
        trust(measured)
    elif view == views[2]:
        _embedding(whole, name)
    else:
        wrong_labels_table(whole, name)


def _per_class(of: Report) -> None:
    frame = pd.DataFrame(
        {
            "digit": _DIGITS,
            "how many": of.confusion.sum(1).tolist(),
            "precision": of.precision.tolist(),
            "recall": of.recall.tolist(),
            "F1": of.f1.tolist(),
        }
    )
    share = st.column_config.NumberColumn(format="%.4f")
    st.dataframe(frame, hide_index=True, column_config={"precision": share, "recall": share, "F1": share})
    st.caption(
        "Precision: of the digits read as this one, the share that is. Recall: of this digit, the share "
        "found. F1: their harmonic mean."
    )


def _embedding(measured: Measured, name: str) -> None:
    kind = st.segmented_control("Arranged by", ("PCA", "t-SNE"), default="PCA", key="arranged", required=True)
    chosen = current_model()
    places, projection = _places(chosen.digest, name, kind, chosen.model)
    labels = measured.digits.labels[: len(places)].tolist()
    predicted = measured.logits[: len(places)].argmax(1).tolist()
    figure = go.Figure(
        go.Scattergl(
            x=places[:, 0],
            y=places[:, 1],
            mode="text",
            text=[str(label) for label in labels],
            textfont={"color": [RIGHT if a == b else WRONG for a, b in zip(labels, predicted, strict=True)]},
            customdata=predicted,
            hovertemplate="a %{text}, read as %{customdata}<extra></extra>",
        )
    )
    if kind == "PCA":
        mine = projection.transform(features(chosen.model, current_digit().image[None]))[0].tolist()
        figure.add_scatter(
            x=[mine[0]],
            y=[mine[1]],
            mode="markers+text",
            marker={"size": 18, "symbol": "star", "color": ACCENT[theme()]},
            text=[current_digit().caption],
            textposition="top center",
            hoverinfo="skip",
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(height=560, margin={"l": 0, "r": 0, "t": 0, "b": 0}, showlegend=False)
    st.plotly_chart(figure, key="embedding", alt=f"{len(places):,} test digits placed by {kind}")
    share = percent(projection.explained_variance_ratio_.sum(), 0)
    explained = f" These two directions hold {share} of the variance."
    st.caption(
        f"The first {len(places):,} digits, placed by the numbers the last layer sees; green is read right, "
        f"orange wrong{', the star is the current digit' if kind == 'PCA' else ''}."
        + (explained if kind == "PCA" else " Distances between groups mean nothing in t-SNE.")
    )
