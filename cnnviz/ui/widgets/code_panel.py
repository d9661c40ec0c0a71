"""The code behind a picture: a short program that reproduces it with cnnviz alone.

opening(chosen, digit)   the lines that load what is on screen
loading(chosen)          the lines that load the model alone
code_panel(program)      the expander that shows a program
"""

import streamlit as st

from cnnviz.data.drawing_format import pack_image
from cnnviz.ui.state.current_digit import CurrentDigit
from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.state.model_catalogue import Origin, split


def opening(chosen: CurrentModel, digit: CurrentDigit) -> str:
    """Python that sets `model` and `image`, (28, 28) in [0, 1]; it needs no other file for shipped models."""
    load = "from cnnviz import trace\n" + loading(chosen)
    if digit.index is not None:
        return (
            "from cnnviz.data.mnist import load_mnist\n"
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


def loading(chosen: CurrentModel, name: str = "model") -> str:
    """Python that sets `name` to this model, as it was at this moment of its training."""
    origin, file = split(chosen.key)
    shipped = origin is Origin.SHIPPED
    if shipped and chosen.snapshot is not None:
        past = f"load_history({chosen.key!r}).network(step={chosen.snapshot.step})"
        return f"from cnnviz.training.history import load_history\n\n{name} = {past}\n"
    note = ""
    if not shipped:  # the file that Take it away offers
        file, note = f"{file}.safetensors", "  # from Evaluate, Take it away"
    return f"from cnnviz import load_model\n\n{name} = load_model({file!r}){note}\n"


def code_panel(program: str) -> None:
    with st.expander("The code behind this picture"):
        st.code(program, language="python", wrap_lines=True)
