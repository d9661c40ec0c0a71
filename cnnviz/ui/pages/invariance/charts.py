"""Curves over the amount of a change, one a model."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from cnnviz.colors import MUTED, SERIES
from cnnviz.labs.invariance import CHANGES
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.pictures import theme


def change_chart(
    curves: Mapping[str, Sequence[float]],
    kind: str,
    key: str,
    description: str,
    at: float | None = None,
    height: int = 260,
) -> None:
    """Shares from 0 to 1 over the amounts of a change; a line where the visitor stands."""
    change = CHANGES[kind]
    rows: dict[str, list[Any]] = {"amount": [], "share": [], "model": []}
    for name, values in curves.items():
        for amount, value in zip(change.amounts, values, strict=False):
            rows["amount"].append(amount)
            rows["share"].append(value)
            rows["model"].append(name)
    draw(rows, _change_spec(kind, tuple(curves), at, height), key, description)


@specification
def _change_spec(kind: str, names: Sequence[str], at: float | None, height: int) -> Any:
    change = CHANGES[kind]
    domain = alt.Scale(domain=[change.amounts[0], change.amounts[-1]], nice=False)
    colors = alt.Scale(domain=names, range=SERIES[: len(names)])
    legend = alt.Legend(orient="top", symbolType="stroke", labelLimit=200, columns=2)
    share, title = alt.Axis(format=".0%", tickCount=5), f"{change.title.lower()}, {change.unit}"
    lines = alt.Chart().mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=30, filled=True))
    lines = lines.encode(
        alt.X("amount:Q", title=title, scale=domain, axis=alt.Axis(grid=False, tickCount=9)),
        alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=share),
        alt.Color("model:N", title=None, sort=names, scale=colors, legend=legend),
        tooltip=[
            alt.Tooltip("model:N"),
            alt.Tooltip("amount:Q", title=change.unit),
            alt.Tooltip("share:Q", format=".1%"),
        ],
    )
    here = alt.Chart(alt.sequence(1)).mark_rule(color=MUTED[theme()], strokeDash=[3, 3])
    here = here.encode(x=alt.datum(at, type="quantitative"))
    return alt.layer(lines, *([] if at is None else [here]), height=height)
