"""Charts, in the page's own colours."""

import plotly.graph_objects as go
from torch import Tensor

from cnnviz.palette import ACCENT
from cnnviz.ui.pictures import theme

_QUIET = {"light": "#cfc9ba", "dark": "#4a463d"}


def probability_bars(probabilities: Tensor, height: int = 330) -> go.Figure:
    """Ten horizontal bars, 0 at the top; the likeliest in the accent colour, each with its figure."""
    values = probabilities.tolist()
    best = max(range(len(values)), key=values.__getitem__)
    colours = [ACCENT[theme()] if digit == best else _QUIET[theme()] for digit in range(len(values))]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[str(digit) for digit in range(len(values))],
            orientation="h",
            marker_color=colours,
            text=[f"{value:.1%}" if value >= 0.0005 else "" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.4%}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1.3], visible=False, fixedrange=True)
    figure.update_yaxes(
        type="category", autorange="reversed", fixedrange=True, ticksuffix=" ", tickfont_size=16
    )
    figure.update_layout(
        height=height, margin={"l": 0, "r": 0, "t": 0, "b": 0}, bargap=0.25, showlegend=False
    )
    return figure
