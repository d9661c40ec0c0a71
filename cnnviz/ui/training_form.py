"""The train page's left side: what to train, and how.

settings()        the widgets -> TrainConfig, or None when they cannot work together
layers(network)   the layer table
"""

from typing import Any

import streamlit as st

from cnnviz.augmentation import Augmentation
from cnnviz.checkpoints import MODELS
from cnnviz.errors import ConfigError
from cnnviz.networks import NETWORKS, TITLES, NetworkConfig, layer_table
from cnnviz.train_config import RECIPES, TrainConfig
from cnnviz.ui import cache

# Short enough to watch: about 99 % after half a minute on one core.
QUICK = TrainConfig(
    network=NETWORKS["default"],
    epochs=2,
    batch_size=128,
    learning_rate=1e-2,
    optimizer="adamw",
    schedule="one_cycle",
    validation_size=2_000,
)
PRESETS = {"quick": QUICK, **RECIPES}
OWN = "own"

BATCHES = (16, 32, 64, 128, 256, 512)
SIZES = (1_000, 2_000, 5_000, 12_000, 20_000, 30_000, 45_000, 60_000)
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "momentum": "SGD with momentum", "sgd": "SGD"}
SCHEDULES = {
    "constant": "constant",
    "step": "in steps: a tenth after each third",
    "cosine": "cosine: down to zero",
    "one_cycle": "one cycle: up, then down to zero",
}
DATA = {"mnist": "MNIST", "mnist+pen": "MNIST and pen drawings"}
AUGMENTATIONS = {
    "none": Augmentation(),
    "mild": Augmentation(shift=1, rotate=8, scale=0.08),
    "strong": RECIPES["default"].augmentation,
}
_PREFIX = "setting_"


def settings() -> TrainConfig | None:
    """Ask for everything a run needs; an impossible combination is one sentence on screen."""
    for name, value in _values(QUICK).items():
        st.session_state.setdefault(_PREFIX + name, value)
    config = _chosen()
    _preset(config)
    _choice("network", "Network", list(NETWORKS), TITLES.__getitem__)
    left, right = st.columns(2)
    with left:
        _number("epochs", "Epochs", 1, 30)
        _number("learning_rate", "Learning rate", 0.0, None, step=0.001, format="%.5g")
    with right:
        _choice("batch_size", "Batch size", BATCHES)
        _choice("optimizer", "Optimiser", list(OPTIMIZERS), OPTIMIZERS.__getitem__)
    st.select_slider(
        "Training digits",
        SIZES,
        key=_PREFIX + "train_size",
        format_func="{:,}".format,
        persist_state="session",
    )
    with st.expander("More"):
        _more()
    if isinstance(config, ConfigError):
        st.error(str(config), icon=":material/error:")
        return None
    return config


def layers(network: NetworkConfig, opened: bool) -> None:
    """The layer table, with the number of parameters in its heading."""
    rows = layer_table(network)
    panel = st.expander(f"Layers · {sum(row.parameters for row in rows):,} parameters", expanded=opened)
    panel.dataframe(
        {
            "Layer": [row.name for row in rows],
            "Kind": [row.kind for row in rows],
            "Output": [" × ".join(map(str, row.shape)) for row in rows],
            "Parameters": [row.parameters for row in rows],
        },
        hide_index=True,
        height="content",
        column_config={
            "Layer": st.column_config.TextColumn(width=64),
            "Kind": st.column_config.TextColumn(width=94),
            "Output": st.column_config.TextColumn(width=86),
            "Parameters": st.column_config.NumberColumn("Params", format="localized", width=62),
        },
        alt="Name, kind, output shape and parameters of every layer",
    )


def program(config: TrainConfig) -> str:
    """Python that trains exactly this."""
    plain = _values(TrainConfig())
    given = {name: value for name, value in _values(config).items() if value != plain[name]}
    given["network"] = f"NETWORKS[{_values(config)['network']!r}]"
    lines = [
        f"    {name}={value if name == 'network' else _literal(name, value)},"
        for name, value in given.items()
    ]
    imports = ["from cnnviz import TrainConfig, fit"]
    if "augmentation" in given:
        imports.append("from cnnviz.augmentation import Augmentation")
    imports += ["from cnnviz.networks import NETWORKS", "from cnnviz.training import load_parts"]
    return "\n".join(
        [
            *imports,
            "",
            "config = TrainConfig(",
            *lines,
            ")",
            "for progress in fit(config, *load_parts(config)):",
            "    if progress.validation_accuracy is not None:",
            '        print(f"step {progress.step}: {progress.validation_accuracy:.2%}")',
        ]
    )


def _literal(name: str, value: Any) -> str:
    return repr(AUGMENTATIONS[value]) if name == "augmentation" else repr(value)


def _values(config: TrainConfig) -> dict[str, Any]:
    """What each widget shows for a configuration."""
    return vars(config) | {
        "network": next(name for name, network in NETWORKS.items() if network == config.network),
        "augmentation": next(name for name, kind in AUGMENTATIONS.items() if kind == config.augmentation),
    }


def _chosen() -> TrainConfig | ConfigError:
    """The configuration the widgets show, or why there can be none."""
    fields = {name: st.session_state[_PREFIX + name] for name in _values(QUICK)}
    fields["network"] = NETWORKS[fields["network"]]
    fields["augmentation"] = AUGMENTATIONS[fields["augmentation"]]
    try:
        return TrainConfig(**fields)
    except ConfigError as error:
        return error


def _preset(config: TrainConfig | ConfigError) -> None:
    """Recipes to start from; the menu always says truly which one the settings are."""
    matching = next((name for name, preset in PRESETS.items() if preset == config), OWN)
    st.session_state["train_recipe"] = matching
    st.selectbox(
        "Recipe", [*PRESETS, OWN], key="train_recipe", format_func=_preset_title, on_change=_take_preset
    )
    st.caption(_expectation(matching))


def _take_preset() -> None:
    preset = PRESETS.get(st.session_state["train_recipe"])
    if preset:
        st.session_state.update({_PREFIX + name: value for name, value in _values(preset).items()})


def _preset_title(name: str) -> str:
    if name == OWN:
        return "Your own settings"
    if name == "quick":
        return "Quick"
    return f"{TITLES[name].split(' · ')[0]}, as shipped"


def _expectation(name: str) -> str:
    """What a recipe gives, as measured."""
    if name == OWN:
        return "No figure to expect: find out."
    if name == "quick":
        return "About 99 % after half a minute on one core."
    card = shipped_card(name)
    if not card:
        return ""
    accuracy, seconds = card["test"]["mnist"]["accuracy"], card["seconds"]
    return (
        f"The shipped model was made so: {100 * accuracy:.1f} % of the test digits, in {duration(seconds)}."
    )


def shipped_card(name: str) -> dict[str, Any]:
    """The card of a shipped model; empty when it is not there."""
    path = MODELS / f"{name}.safetensors"
    return cache.shipped(name, path.stat().st_mtime).card if path.exists() else {}


def duration(seconds: float) -> str:
    """In words: 40 s, 8 min, 1 h 5 min."""
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _more() -> None:
    _choice("schedule", "Learning rate over time", list(SCHEDULES), SCHEDULES.__getitem__)
    _choice("augmentation", "Augmentation: random shift, turn, size and slant", list(AUGMENTATIONS))
    _choice("data", "Digits to learn from", list(DATA), DATA.__getitem__)
    left, right = st.columns(2)
    with left:
        _number("validation_size", "Held back to validate", 0, 30_000, step=500)
        _number("weight_decay", "Weight decay", 0.0, 1.0, step=0.001, format="%.5g")
    with right:
        _number("seed", "Seed", 0, 2**31 - 1)
        _number("label_smoothing", "Label smoothing", 0.0, 0.5, step=0.01, format="%.5g")


def _number(name: str, label: str, low: float, high: float | None, **options: Any) -> None:
    st.number_input(label, low, high, key=_PREFIX + name, persist_state="session", **options)


def _choice(name: str, label: str, options: Any, format_func: Any = str) -> None:
    st.selectbox(label, options, key=_PREFIX + name, format_func=format_func, persist_state="session")
