"""The code behind the maximized pictures: programs that make them again with cnnviz alone."""

from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.widgets.code_panel import loading


def filters_program(
    chosen: CurrentModel, layer: str, units: list[int], unit: int, one_cell: bool, look: str, exact: bool
) -> str:
    kind = "neuron" if one_cell else "channel"
    wish = f"{kind}({layer!r}, range({units[0]}, {units[-1] + 1}))"
    if exact:
        return (
            loading(chosen)
            + "from cnnviz.feature_visualization.closed_form import optimum\n\n"
            + f"best = optimum(model, {layer!r}, range({units[0]}, {units[-1] + 1}), one_cell={one_cell})\n"
            + f"print(best.images[{unit - units[0]}], best.values[{unit - units[0]}], best.weights.shape)\n"
        )
    recipe = look.upper()
    return (
        loading(chosen)
        + "from cnnviz.feature_visualization.activation_maximization import last\n"
        + f"from cnnviz.feature_visualization.objectives import {kind}\n"
        + "from cnnviz.feature_visualization.dataset_examples import respond\n"
        + f"from cnnviz.feature_visualization.presets import {recipe}, climb\n"
        + "from cnnviz.data.mnist import load_mnist\n\n"
        + f"frames = list(climb(model, {wish}, {recipe}))\n"
        + f"print([frame.values[{unit - units[0]}] for frame in frames])  # one filter's curve\n"
        + "pictures = frames[-1].images  # "
        + f"({len(units)}, 1, 28, 28)\n"
        + f"opposite = last(climb(model, -{kind}({layer!r}, {unit}), {recipe})).images\n"
        + f"others = last(climb(model, {kind}({layer!r}, [{unit}] * 3), {recipe}, seed=[1, 2, 3])).images\n"
        + f"real = respond(model, {layer!r}, load_mnist().test.images)\n"
        + f"print(real.best[{unit}], real.patches(model, {unit}).shape)\n"
    )


def classes_program(chosen: CurrentModel, referee: CurrentModel) -> str:
    return (
        loading(chosen)
        + loading(referee, "referee")
        + "from cnnviz import predict\n"
        + "from cnnviz.feature_visualization.activation_maximization import last\n"
        + "from cnnviz.data.mnist import load_mnist\n"
        + "from cnnviz.feature_visualization.objectives import class_logit\n"
        + "from cnnviz.feature_visualization.dataset_examples import spread\n"
        + "from cnnviz.feature_visualization.presets import CLASS, climb\n\n"
        + "scale = spread(model, [class_logit(digit) for digit in range(10)], "
        + "load_mnist().test.images[:500] / 255)\n"
        + "wish = class_logit([digit for digit in range(10) for seed in range(4)])\n"
        + "frame = last(climb(model, wish, CLASS, seed=[0, 1, 2, 3] * 10, scale=scale))\n"
        + "best = frame.values.reshape(10, 4).argmax(1)  # the network's own favourite of four starts\n"
        + "pictures = frame.images.reshape(10, 4, 28, 28)[range(10), best]  # (10, 28, 28)\n"
        + "print(predict(referee, pictures).argmax(1))\n"
    )


def bench_program(chosen: CurrentModel, layer: str, unit: int, seed: int, scale: float) -> str:
    wish = f"class_logit({unit})" if layer == "logits" else f"channel({layer!r}, {unit})"
    return (
        loading(chosen)
        + "from cnnviz.feature_visualization.activation_maximization import last\n"
        + f"from cnnviz.feature_visualization.objectives import {wish.split('(')[0]}\n"
        + "from cnnviz.feature_visualization.presets import BENCH, climb\n\n"
        + "for name, recipe in BENCH.items():\n"
        + f"    frame = last(climb(model, {wish}, recipe, seed={seed}, scale={scale:.6g}))\n"
        + "    print(name, recipe, frame.values)\n"
    )
