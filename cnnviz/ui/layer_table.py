"""The layers of a network as a table: name, kind, output shape, parameters."""

import streamlit as st

from cnnviz.networks import NetworkConfig, layer_table


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
