"""The code behind a picture: a short program that reproduces it with cnnviz alone.

opening(chosen, digit)   the lines that load what is on screen
model_source(chosen)     what load_model() takes to load this model
code_panel(program)      the expander that shows a program
"""

import streamlit as st

from cnnviz.ui.session import CurrentDigit, CurrentModel, pack_image


def opening(chosen: CurrentModel, digit: CurrentDigit) -> str:
    """Python that sets `model` and `image`, (28, 28) in [0, 1]; it needs no other file for shipped models."""
    source, note = model_source(chosen)
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


def model_source(chosen: CurrentModel) -> tuple[str, str]:
    """(argument, comment): a shipped model's name, or the file that Take it away offers of the others."""
    if ":" not in chosen.key:
        return repr(chosen.key), ""
    return repr(f"{chosen.key.partition(':')[2]}.safetensors"), "  # from Evaluate, Take it away"


def _load(chosen: CurrentModel) -> str:
    run = chosen.key.removeprefix("run:") if chosen.key.startswith("run:") else None
    step = None if chosen.moment is None else chosen.moment.step
    if run is None and step is not None:
        imports = "from cnnviz import trace\nfrom cnnviz.history import load_history\n"
        return f"{imports}\nmodel = load_history({chosen.key!r}).network(step={step})\n"
    source, note = chosen.key, ""
    if run is not None:
        source, note = f"{run}.safetensors", "  # downloaded from the train page"
    if step is not None:
        source, note = f"step-{step:05d}.safetensors", f"  # from the folder snapshots of the run {run}"
    return f"from cnnviz import load_model, trace\n\nmodel = load_model({source!r}){note}\n"


def code_panel(program: str) -> None:
    with st.expander("The code behind this picture"):
        st.code(program, language="python", wrap_lines=True)
