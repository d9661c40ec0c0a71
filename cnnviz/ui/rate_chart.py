"""The learning rate over a run, as a small curve."""

from typing import Any

from cnnviz.palette import ACCENT
from cnnviz.train_config import TrainConfig, learning_rate_at
from cnnviz.ui.charts import draw
from cnnviz.ui.pictures import theme

POINTS = 100
HEIGHT = 90


def rate_chart(config: TrainConfig, key: str) -> None:
    """From zero to the highest rate, over all epochs."""
    axis: dict[str, Any] = {"grid": False, "labelFontSize": 12, "format": "~g"}
    top = {**axis, "values": [0, config.learning_rate], "format": ".2~g"}
    spec = {
        "height": HEIGHT,
        "mark": {"type": "line", "strokeWidth": 2, "color": ACCENT[theme()]},
        "encoding": {
            "x": {
                "field": "epoch",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, config.epochs]},
                "axis": {**axis, "tickCount": 4},
            },
            "y": {
                "field": "rate",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, config.learning_rate]},
                "axis": top,
            },
        },
    }
    draw(curve(config), spec, key, "Learning rate over the epochs of the run")


def curve(config: TrainConfig) -> dict[str, list[float]]:
    return {
        "epoch": [config.epochs * point / POINTS for point in range(POINTS + 1)],
        "rate": [learning_rate_at(config, point, POINTS) for point in range(POINTS + 1)],
    }
