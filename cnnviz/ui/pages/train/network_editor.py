"""The network editor: one line a layer, which opens to its settings.

A network that cannot be built stays as it is, so that the next change can mend it.
"""

from dataclasses import replace
from typing import Any

import streamlit as st

from cnnviz.errors import NetworkError
from cnnviz.networks.config import layer_name
from cnnviz.networks.network import ConvBlock, NetworkConfig, Patches, layer_table, shape_title
from cnnviz.networks.zoo import NETWORKS, TITLES
from cnnviz.ui.runs.form_state import change_network, network, network_turn, put_network, setting

POOLS = {"none": "none", "max": "max", "average": "average"}
ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh"}
_KNOWN = setting("network")
_MENU_OWN = "own"


def editor() -> None:
    """Choose a known network, change it layer by layer, and see what it becomes."""
    edited = network()
    _known(edited)
    wrong = _problem(edited)
    for place, block in enumerate(edited.convs):
        _conv_row(place, block, wrong)
    if edited.patches:
        _patches_row(edited.patches, wrong)
    for place, units in enumerate(edited.dense):
        _dense_row(place, units)
    with st.container(horizontal=True, gap="small"):
        _button("Convolution", "add_conv", _add_conv, icon="add")
        if not edited.patches:
            _button("Attention", "add_patches", _add_patches, icon="add")
        _button("Dense layer", "add_dense", _add_dense, icon="add")
    _whole(edited)
    if wrong:  # said beside Start as well, which on a phone is far away
        st.markdown(f":orange[:material/error: {wrong}]")
    else:
        show_layers(edited)


def _known(edited: NetworkConfig) -> None:
    """The menu says truly whether this is still a known network."""
    names = [name for name, known in NETWORKS.items() if known == edited]
    st.session_state[_KNOWN] = names[0] if names else _MENU_OWN
    own = f"Own · {shape_title(edited)}"
    st.selectbox(
        "Start from",
        [*NETWORKS, _MENU_OWN],
        key=_KNOWN,
        format_func=lambda name: TITLES.get(name, own),
        on_change=_take_known,
    )


def _take_known() -> None:
    known = NETWORKS.get(st.session_state[_KNOWN])
    if known:
        put_network(known)


def _problem(edited: NetworkConfig) -> str:
    """Why it cannot be built; the page says it, the editor marks the layer it names."""
    try:
        layer_table(edited)
    except NetworkError as error:
        return str(error)
    return ""


# ---- one line a layer ----


def _conv_row(place: int, block: ConvBlock, wrong: str) -> None:
    number = place + 1
    name = layer_name(block, number)
    bad = wrong.startswith((f"{name}:", f"pool{number}:"))
    with st.container(horizontal=True, gap="small", vertical_alignment="center", wrap=False):
        icon = ":material/error:" if bad else None
        with st.popover(_conv_line(number, block), icon=icon, width="stretch", key=_key(f"conv_{place}")):
            _conv_settings(place, block)
        up, off = f"Move {name} before the one above", f"Remove {name}"
        _button("", f"up_conv_{place}", _earlier, place, icon="arrow_upward", tip=up, disabled=place == 0)
        _button("", f"drop_conv_{place}", _drop_conv, place, icon="close", tip=off)


def _conv_line(number: int, block: ConvBlock) -> str:
    stride = f" /{block.stride}" if block.stride > 1 else ""
    twice = "2 × " * block.skip
    words = [layer_name(block, number), f"{twice}{block.filters} of {block.kernel}×{block.kernel}{stride}"]
    if block.skip:
        words.append("skip")
    if block.batch_norm:
        words.append("norm")
    if block.pool != "none":
        words.append(f"{block.pool} {block.pool_size}")
    return " · ".join(words)


def _conv_settings(place: int, block: ConvBlock) -> None:
    left, right = st.columns(2, wrap=False)
    with left:
        _number("Filters", place, "filters", block)
        _number("Stride", place, "stride", block)
    with right:
        _number("Kernel side", place, "kernel", block)
        _number("Padding", place, "padding", block)
    key = _key(f"conv_{place}_pool")
    st.segmented_control(
        "Pooling",
        list(POOLS),
        default=block.pool,
        key=key,
        required=True,
        on_change=_edit_conv,
        args=(place, "pool", key),
    )
    if block.pool != "none":
        _number("Pooling window", place, "pool_size", block)
    _toggle("Batch normalisation", place, "batch_norm", block)
    _toggle(
        "Skip connection", place, "skip", block, "x + F(x): two such convolutions, and the way round them."
    )


def _toggle(label: str, place: int, field: str, block: ConvBlock, tip: str | None = None) -> None:
    key = _key(f"conv_{place}_{field}")
    st.toggle(label, getattr(block, field), key=key, help=tip, on_change=_edit_conv, args=(place, field, key))


def _number(label: str, place: int, field: str, block: ConvBlock) -> None:
    """Wide limits: what does not fit is answered with the reason."""
    key = _key(f"conv_{place}_{field}")
    st.number_input(
        label, 0, value=getattr(block, field), key=key, on_change=_edit_conv, args=(place, field, key)
    )


def _patches_row(patches: Patches, wrong: str) -> None:
    line = f"patches {patches.side}×{patches.side} · {patches.width} wide · {patches.rounds} × attention"
    labels = {"side": "Patch side", "width": "Width", "rounds": "Rounds", "heads": "Heads"}
    with st.container(horizontal=True, gap="small", vertical_alignment="center", wrap=False):
        icon = ":material/error:" if wrong.startswith("patches:") else None
        with st.popover(line, icon=icon, width="stretch", key=_key("patches")):
            for field, label in labels.items():
                key = _key(f"patches_{field}")
                value = getattr(patches, field)
                st.number_input(label, 0, value=value, key=key, on_change=_edit_patches, args=(field, key))
        _button("", "drop_patches", _drop_patches, icon="close", tip="Remove attention and its patches")


def _dense_row(place: int, units: int) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", wrap=False):
        with st.popover(f"dense{place + 1} · {units:,} units", width="stretch", key=_key(f"dense_{place}")):
            key = _key(f"dense_{place}_units")
            st.number_input("Units", 0, value=units, key=key, on_change=_edit_dense, args=(place, key))
        off = f"Remove dense{place + 1}"
        _button("", f"drop_dense_{place}", _drop_dense, place, icon="close", tip=off)


def _whole(edited: NetworkConfig) -> None:
    """What holds for all layers."""
    left, right = st.columns(2, vertical_alignment="top", wrap=False)
    with left:
        key = _key("activation")
        st.segmented_control(
            "Activation",
            list(ACTIVATIONS),
            format_func=ACTIVATIONS.__getitem__,
            default=edited.activation,
            key=key,
            required=True,
            on_change=_edit,
            args=("activation", key),
        )
    with right:
        key = _key("dropout")
        st.number_input(
            "Dropout, share",
            0.0,
            value=edited.dropout,
            step=0.05,
            format="%.2f",
            key=key,
            on_change=_edit,
            args=("dropout", key),
        )
    key = _key("normalize")
    st.toggle(
        "Normalise the pixels first",
        edited.normalize,
        key=key,
        help="(x − 0.1307) / 0.3081: the training pixels' mean and standard deviation.",
        on_change=_edit,
        args=("normalize", key),
    )


# ---- changes ----


def _edit(field: str, key: str) -> None:
    change_network(replace(network(), **{field: st.session_state[key]}))


def _edit_conv(place: int, field: str, key: str) -> None:
    convs = list(network().convs)
    convs[place] = replace(convs[place], **{field: st.session_state[key]})
    change_network(replace(network(), convs=tuple(convs)))


def _edit_patches(field: str, key: str) -> None:
    patches = network().patches
    assert patches is not None
    change_network(replace(network(), patches=replace(patches, **{field: st.session_state[key]})))


def _edit_dense(place: int, key: str) -> None:
    dense = list(network().dense)
    dense[place] = st.session_state[key]
    change_network(replace(network(), dense=tuple(dense)))


def _add_conv() -> None:
    """Like the last one, without pooling, so that it fits where the last one did."""
    last = network().convs[-1:] or (ConvBlock(16),)
    added = replace(last[0], kernel=3, stride=1, padding=1, pool="none", skip=False)
    put_network(replace(network(), convs=(*network().convs, added)))


def _add_patches() -> None:
    """Behind convolutions every cell is a word; of the picture itself, every 7 x 7 pixels."""
    put_network(replace(network(), patches=Patches(side=1 if network().convs else 7)))


def _drop_patches() -> None:
    put_network(replace(network(), patches=None))


def _add_dense() -> None:
    put_network(replace(network(), dense=(*network().dense, 64)))


def _drop_conv(place: int) -> None:
    convs = network().convs
    put_network(replace(network(), convs=convs[:place] + convs[place + 1 :]))


def _drop_dense(place: int) -> None:
    dense = network().dense
    put_network(replace(network(), dense=dense[:place] + dense[place + 1 :]))


def _earlier(place: int) -> None:
    convs = list(network().convs)
    convs[place - 1], convs[place] = convs[place], convs[place - 1]
    put_network(replace(network(), convs=tuple(convs)))


def _button(
    label: str,
    name: str,
    action: Any,
    *given: Any,
    icon: str,
    tip: str | None = None,
    disabled: bool = False,
) -> None:
    st.button(
        label,
        key=_key(name),
        icon=f":material/{icon}:",
        type="tertiary",
        help=tip,
        disabled=disabled,
        on_click=action,
        args=given,
    )


def _key(name: str) -> str:
    return f"net_{network_turn()}_{name}"


def show_layers(network: NetworkConfig) -> None:
    rows = layer_table(network)
    st.markdown(f"**{sum(row.parameters for row in rows):,} parameters**")
    st.dataframe(
        {
            "Layer": [row.name for row in rows],
            "Kind": [row.kind for row in rows],
            "Output": [" × ".join(map(str, row.shape)) for row in rows],
            "Parameters": [row.parameters for row in rows],
        },
        hide_index=True,
        height="content",
        column_config={
            "Layer": st.column_config.TextColumn(width=76),
            "Kind": st.column_config.TextColumn(width=94),
            "Output": st.column_config.TextColumn(width=86),
            "Parameters": st.column_config.NumberColumn("Params", format="localized", width=62),
        },
        alt="Name, kind, output shape and parameters of every layer",
    )
