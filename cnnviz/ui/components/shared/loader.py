"""Components drawn in the browser: plain ES modules in the folders beside this one, no build step.

    component(folder)   a component as a function that shows it; FOLDER/FOLDER.js is its module
    script(name)        a module with everything it imports, as one text
    style(name)         a stylesheet with the shared ones in front
    tokens()            the shared colors (for light and dark) and sizes, as CSS custom properties

Streamlit serves files by address only to installed packages, under addresses that stay the same when
the content changes, so a page left open over an upgrade would run old code on new data; a text works
from a checkout, from a wheel and in tests alike.
"""

import json
import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from cnnviz import colors

FOLDER = Path(__file__).parents[1]
_COLORS = "cnnviz/colors.py"  # what a module names to import the colors
_IMPORT = re.compile(r'^(import [^"]*")([^"]+)', re.MULTILINE)


def component(folder: str, state: str | None = None) -> Callable[..., None]:
    """A function that shows the component in `folder`: show(data, key=..., on_change=..., height=...).

    state: the name under which the browser sends choices; on_change runs before the rerun they cause.
    """
    html, css = (FOLDER / folder / f"{folder}.{kind}" for kind in ("html", "css"))
    mount = st.components.v2.component(
        f"cnnviz_{folder}",
        html=html.read_text() if html.exists() else None,
        css=style(f"{folder}/{folder}.css") if css.exists() else None,
        js=script(f"{folder}/{folder}.js"),
    )

    def show(data: Any, *, key: str, on_change: Callable[[], None] | None = None, **layout: Any) -> None:
        # Streamlit keeps a component's state only if a callback is named for it.
        callbacks: dict[str, Any] = {f"on_{state}_change": on_change or (lambda: None)} if state else {}
        mount(key=key, data=data, **callbacks, **layout)

    return show


def script(name: str) -> str:
    """The module `name` and all it imports as one ES module: its default export is the component's."""
    modules: dict[str, str] = {}
    _collect(name, modules)
    linker = (FOLDER / "shared/loader.js").read_text()
    return f"const MODULES = {json.dumps(modules, ensure_ascii=False)}\n{linker}"


def style(name: str) -> str:
    """The stylesheet `name`, below the tokens and what is the same in every component."""
    return "\n".join((tokens(), _read("shared/base.css"), _read(name)))


def _collect(name: str, modules: dict[str, str]) -> None:
    """Add a module behind those it imports (in no circle); what they name becomes a path below FOLDER."""

    def resolve(found: re.Match[str]) -> str:
        start, target = found.groups()
        if target != _COLORS:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        if target not in modules:
            _collect(target, modules)
        return start + target

    modules[name] = _IMPORT.sub(resolve, _color_module() if name == _COLORS else _read(name))


def _color_module() -> str:
    """All of colors.py as a module."""
    return "\n".join(f"export const {name} = {json.dumps(value)}" for name, value in _constants().items())


def tokens() -> str:
    """Custom properties for the app and, because they are set on :host too, for every component."""
    properties = []
    for name, value in _constants().items():
        pair = tuple(value.values()) if isinstance(value, dict) else (value, value)
        if all(isinstance(color, str) for color in pair):
            properties.append(f"  --{name.lower().replace('_', '-')}: light-dark({pair[0]}, {pair[1]});\n")
    return ":root, :host {\n" + "".join(properties) + "}\n" + _read("shared/tokens.css")


def _constants() -> dict[str, Any]:
    return {name: value for name, value in vars(colors).items() if name.isupper() and name[0] != "_"}


def _read(name: str) -> str:
    return (FOLDER / name).read_text()
