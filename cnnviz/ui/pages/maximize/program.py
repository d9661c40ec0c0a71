"""The code behind the maximized pictures: programs that make them again with cnnviz alone."""

from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.widgets.code_panel import loading

PRESET_NAMES = {"sharp": "SHARP", "smooth": "SMOOTH", "ink": "MACO"}  # look -> public name


def filters_program(
    chosen: CurrentModel, layer: str, units: list[int], unit: int, one_cell: bool, look: str, exact: bool
) -> str:
    kind = "neuron" if one_cell else "channel"
    objective = f"{kind}({layer!r}, range({units[0]}, {units[-1] + 1}))"
    if exact:
        return (
            loading(chosen)
            + f"best = optimum(model, {layer!r}, range({units[0]}, {units[-1] + 1}), one_cell={one_cell})\n"
            + f"print(best.images[{unit - units[0]}], best.values[{unit - units[0]}], best.weights.shape)\n"
        )
    preset = PRESET_NAMES[look]
    return (
        loading(chosen)
        + f"frames = list(optimize(model, {objective}, {preset}))\n"
        + f"print([frame.values[{unit - units[0]}] for frame in frames])  # one filter's curve\n"
        + "pictures = frames[-1].images  # "
        + f"({len(units)}, 1, 28, 28)\n"
        + f"opposite = last(optimize(model, -{kind}({layer!r}, {unit}), {preset})).images\n"
        + f"three = {kind}({layer!r}, [{unit}] * 3)\n"
        + f"others = last(optimize(model, three, {preset}, seed=[1, 2, 3])).images\n"
        + f"real = top_activations(model, {layer!r}, load_mnist().test.images)\n"
        + f"print(real.best[{unit}], real.patches(model, {unit}).shape)\n"
    )


def classes_program(chosen: CurrentModel, referee: CurrentModel) -> str:
    return (
        loading(chosen)
        + loading(referee, "referee")
        + "scale = spread(model, [class_logit(digit) for digit in range(10)], "
        + "load_mnist().test.images[:500] / 255)\n"
        + "objective = class_logit([digit for digit in range(10) for seed in range(4)])\n"
        + "frame = last(optimize(model, objective, CLASS, seed=[0, 1, 2, 3] * 10, scale=scale))\n"
        + "best = frame.values.reshape(10, 4).argmax(1)  # the network's own favorite of four starts\n"
        + "pictures = frame.images.reshape(10, 4, 28, 28)[range(10), best]  # (10, 28, 28)\n"
        + "print(predict(referee, pictures).argmax(1))\n"
    )


def ablation_program(chosen: CurrentModel, layer: str, unit: int, seed: int, scale: float) -> str:
    objective = f"class_logit({unit})" if layer == "logits" else f"channel({layer!r}, {unit})"
    return (
        loading(chosen)
        + "for name, preset in ABLATION.items():\n"
        + f"    frame = last(optimize(model, {objective}, preset, seed={seed}, scale={scale:.6g}))\n"
        + "    print(name, preset, frame.values)\n"
    )
