"""The code behind a picture: a short program that reproduces it with cnnviz alone.

code_panel(program)      the expander that shows a program, written without its imports
with_imports(program)    the whole program
opening(chosen, digit)   the lines that load what is on screen
loading(chosen)          the lines that load the model alone
image_lines(digit)       the lines that load the digit alone
"""

import ast
from functools import cache
from importlib import import_module

import streamlit as st

from cnnviz.data.drawing_format import pack_image
from cnnviz.ui.state.current_digit import CurrentDigit
from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.state.model_catalogue import Origin, split

# Only from these do programs import: their public names stay where they are.
_LABS = ("labs", "labs.architectures", "labs.capsules", "labs.convolution", "labs.numpy_cnn")
_CORE = ("checkpoints", "data", "evaluation", "export", "feature_visualization", "interpret", "io", *_LABS)
PACKAGES = ("cnnviz", *(f"cnnviz.{name}" for name in (*_CORE, "networks", "runs", "training")))
_STANDARD = {"Path": "from pathlib import Path"}
_BEFORE = {"np": "import numpy as np", "torch": "import torch"}
_AFTER = {"Image": "from PIL import Image"}


def code_panel(program: str) -> None:
    with st.expander("The code behind this picture"):
        st.code(with_imports(program), language="python", wrap_lines=True)


def with_imports(program: str) -> str:
    """The program below the imports of all names it uses, sorted as isort does."""
    used = _free_names(program)
    public = {package: sorted(used & names, key=_place) for package, names in _public_names().items()}
    standard, before, after = (
        [line for name, line in lines.items() if name in used] for lines in (_STANDARD, _BEFORE, _AFTER)
    )
    ours = [f"from {package} import {', '.join(names)}" for package, names in public.items() if names]
    blocks = "\n".join(standard), "\n".join([*before, *ours, *after]), program
    return "\n\n".join(block for block in blocks if block)


def _free_names(program: str) -> set[str]:
    """What a program reads and never sets."""
    names = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Name)]
    return {name.id for name in names} - {name.id for name in names if isinstance(name.ctx, ast.Store)}


@cache
def _public_names() -> dict[str, set[str]]:
    return {package: set(import_module(package).__all__) for package in PACKAGES}


def _place(name: str) -> tuple[bool, bool, str]:
    """Constants, classes, functions, each by the alphabet."""
    return not name.isupper(), name[0].islower(), name


def opening(chosen: CurrentModel, digit: CurrentDigit) -> str:
    """Python that sets `model` and `image`; for shipped models it needs no other file."""
    return loading(chosen) + image_lines(digit)


def image_lines(digit: CurrentDigit) -> str:
    """Python that sets `image`, (28, 28) in [0, 1]."""
    if digit.index is not None:
        return f"image = load_mnist().test.images[{digit.index}] / 255  # (28, 28)\n"
    return f'image = unpack_image("{pack_image(digit.image)}")  # (28, 28)\n'


def loading(chosen: CurrentModel, name: str = "model") -> str:
    """Python that sets `name` to this model, as it was at this moment of its training."""
    origin, file = split(chosen.key)
    shipped = origin is Origin.SHIPPED
    if shipped and chosen.snapshot is not None:
        return f"{name} = load_history({chosen.key!r}).network(step={chosen.snapshot.step})\n"
    note = ""
    if not shipped:  # the file that Take it away offers
        file, note = f"{file}.safetensors", "  # from Evaluate, Take it away"
    return f"{name} = load_model({file!r}){note}\n"
