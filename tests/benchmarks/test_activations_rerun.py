"""The activations page's rerun is at least ten times cheaper than with one Plotly subplot a map."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
import streamlit as st
from plotly.subplots import make_subplots
from streamlit.testing.v1 import AppTest

from cnnviz.ui.pages.activations import page

pytestmark = pytest.mark.benchmark
ROOT = Path(__file__).parents[2]
ROUNDS, ACROSS = 12, 8


def subplots(values: Any, *, key: str, limit: float, **_: Any) -> None:
    """The same maps as one Plotly figure, a heatmap each."""
    lines = -(-len(values) // ACROSS)
    figure = make_subplots(lines, ACROSS)
    for number, cells in enumerate(values.numpy()):
        heatmap = go.Heatmap(z=cells, zmin=-limit, zmax=limit, colorscale="RdBu", showscale=False)
        figure.add_trace(heatmap, row=number // ACROSS + 1, col=number % ACROSS + 1)
    st.plotly_chart(figure, key=key)


@contextmanager
def plotly_grids(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(page, "maps", subplots)
        yield


def seconds(app: AppTest, unit: int) -> float:
    """One rerun of the whole app, frame and all, for another map."""
    app.number_input(key="channel").set_value(unit)
    start = time.perf_counter()
    app.run()
    taken = time.perf_counter() - start
    assert not app.exception
    return taken


def test_rerun_is_ten_times_cheaper_than_with_subplots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["layer"] = "conv2"
    app.run()
    app.switch_page("pages/activations.py").run()
    with plotly_grids(monkeypatch):
        seconds(app, 1)  # the first figure imports half of Plotly
    ours, theirs = [], []
    for unit in range(2, 2 + ROUNDS):  # in turn, so that both meet the same load
        ours.append(seconds(app, unit))
        with plotly_grids(monkeypatch):
            theirs.append(seconds(app, unit))
    ratio = statistics.median(slow / quick for quick, slow in zip(ours, theirs, strict=True))
    print(
        f"\nactivations page, 64 maps before and after: {statistics.median(ours) * 1e3:.1f} ms a rerun, "
        f"with subplots {statistics.median(theirs) * 1e3:.0f} ms, ratio {ratio:.1f}"
    )

    assert ratio >= 10
