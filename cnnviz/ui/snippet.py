"""The code behind a picture: a short program that reproduces it with cnnviz alone.

opening(chosen, digit)   the lines that load what is on screen
code_panel(program)      the expander that shows a program
"""

import streamlit as st

from cnnviz.ui.session import CurrentDigit, CurrentModel, pack_image


def opening(chosen: CurrentModel, digit: CurrentDigit) -> str:
    """Python that sets `model` and `image`, (28, 28) in [0, 1]; it needs no other file for shipped models."""
    name = chosen.key
    source, note = repr(name), ""
    if name.startswith("run:"):
        source, note = repr(f"{name.removeprefix('run:')}.safetensors"), "  # downloaded from the train page"
    load = f"from cnnviz import load_model, trace\n\nmodel = load_model({source}){note}\n"
    if digit.index is not None:
        return (
            "from cnnviz.data import load_mnist\n"
            + load
            + f"image = load_mnist().test.images[{digit.index}] / 255  # (28, 28)\n"
        )
    packed = pack_image(digit.image)
    return (
        "import base64, zlib\nimport torch\n"
        + load
        + f'drawing = "{packed}"\n'
        + 'content = zlib.decompress(base64.urlsafe_b64decode(drawing + "=" * (-len(drawing) % 4)))\n'
        + "image = torch.tensor(list(content)).reshape(28, 28) / 255  # (28, 28)\n"
    )


def code_panel(program: str) -> None:
    with st.expander("The code behind this picture"):
        st.code(program, language="python", wrap_lines=True)
