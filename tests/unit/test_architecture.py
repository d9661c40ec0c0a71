"""Rules that hold for the whole tree."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "cnnviz").rglob("*.py"))
CORE = [path for path in MODULES if not path.is_relative_to(ROOT / "cnnviz" / "ui")]
# Lowest first: a module imports only what stands above it here, or beside it in the same place.
ORDER = (
    "cnnviz.errors",
    "cnnviz.numbers",
    "cnnviz.colors",
    "cnnviz.io",
    "cnnviz.data",
    "cnnviz.networks",
    "cnnviz.checkpoints",
    "cnnviz.evaluation",
    "cnnviz.interpret",
    "cnnviz.feature_visualization",
    "cnnviz.training",
    "cnnviz.runs",
    "cnnviz.labs",
    "cnnviz.export",
    "cnnviz",  # the public face
    "cnnviz.__main__",
    "cnnviz.ui",
    "cnnviz.ui.components",
    "cnnviz.ui.state",
    "cnnviz.ui.widgets",
    "cnnviz.ui.runs",
    "cnnviz.ui.shell",
    "cnnviz.ui.pages",
    "pages",
    "app",
)
STRANGERS = ({"cnnviz.ui.runs", "cnnviz.ui.shell"},)  # neither imports the other
DRAWERS = {"parts", "more", "words", "helpers", "utils", "misc", "common"}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def place_of(module: str) -> str:
    """The entry of ORDER a module belongs to; cnnviz itself is one only by its own name."""
    if module == "cnnviz":
        return module
    return next(
        place
        for place in sorted(ORDER, key=len, reverse=True)
        if place != "cnnviz" and (module == place or module.startswith(f"{place}."))
    )


def imports_of(path: Path) -> Iterator[str]:
    """Every module of this tree that a file imports, also within functions."""
    known = {name_of(module) for module in MODULES}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in known else node.module


def test_core_imports_without_streamlit() -> None:
    modules = [name_of(path) for path in CORE if path.name != "__main__.py"]
    program = f"import sys; sys.modules['streamlit'] = None; import {', '.join(modules)}"

    assert len(modules) > 100
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_imports_point_one_way() -> None:
    faults = []
    for path in [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *MODULES]:
        here = name_of(path)
        if here == "cnnviz":  # its names are imported at first use
            continue
        for other in imports_of(path):
            place, there = place_of(here), place_of(other)
            if ORDER.index(there) > ORDER.index(place) or {place, there} in STRANGERS:
                faults.append(f"{here} imports {other}")

    assert not faults


def test_no_page_imports_another() -> None:
    faults = []
    for path in (ROOT / "cnnviz" / "ui" / "pages").rglob("*.py"):
        page = page_of(name_of(path))
        faults += [f"{page}: {name}" for name in imports_of(path) if page_of(name) not in (page, "")]

    assert not faults


def page_of(module: str) -> str:
    """ "draw" of cnnviz.ui.pages.draw.answer; empty for a module that is no page's."""
    inside = module.removeprefix("cnnviz.ui.pages.")
    return "" if inside == module else inside.split(".")[0]


def test_imports_make_no_circle() -> None:
    waiting = {
        name_of(path): set(imports_of(path)) - {name_of(path)} for path in MODULES if path.stem != "__init__"
    }
    for imported in waiting.values():
        imported &= waiting.keys()
    while free := [name for name, imported in waiting.items() if not imported]:
        for name in free:
            del waiting[name]
        for imported in waiting.values():
            imported -= set(free)

    assert not waiting


def test_a_module_says_what_it_is_and_has_a_name_that_does() -> None:
    assert not [path for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert not [path for path in MODULES if path.stem.split("_")[-1] in DRAWERS]


LEVEL_STEPS = {  # a step's length in gray levels, which is no picture
    "cnnviz.feature_visualization.activation_maximization",
    "cnnviz.feature_visualization.deepdream",
}


def test_one_module_alone_turns_bytes_into_floats_and_back() -> None:
    at_home = {name_of(path) for path in MODULES if scales_by_255(path)}

    assert at_home == {"cnnviz.io.pixels"} | LEVEL_STEPS


def scales_by_255(path: Path) -> bool:
    """Whether something is divided or multiplied by 255 here; programs' text does not count."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div | ast.Mult):
            sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.value,)
            if any(isinstance(side, ast.Constant) and side.value == 255 for side in sides):
                return True
    return False


def test_every_folder_of_code_is_a_package() -> None:
    assert all((folder / "__init__.py").exists() for folder in {path.parent for path in MODULES})


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.stem)
def test_pages_are_thin_and_begin_with_the_frame(path: Path) -> None:
    source = path.read_text()
    calls = [node for node in ast.parse(source).body if isinstance(node, ast.Expr | ast.Assign | ast.With)]

    assert len(source.splitlines()) <= 60
    assert ast.get_docstring(ast.parse(source))
    first = next(
        node for node in calls if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    )
    assert ast.unparse(first) == "require_frame()"


def test_no_test_imports_a_test() -> None:
    """What tests share is in tests/support; who imports a test also runs, patches and waits as it does."""
    faults = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        names = [(node.module or "").rpartition(".")[2] for node in nodes]
        faults += [f"{path}: {name}" for name in names if name == "conftest" or name.startswith("test_")]

    assert not faults


def test_nothing_unsafe_is_called() -> None:
    """No unpickling, no evaluation of text, no shell, no raw HTML through Markdown."""
    for path in MODULES:
        check_safe(path)


def check_safe(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    switched_on = {
        keyword.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if ast.unparse(keyword.value) == "True"
    }

    assert not imported & {"pickle", "marshal", "shelve", "dill"}
    assert not called & {"eval", "exec", "os.system", "torch.hub.load"}
    assert not switched_on & {"shell", "unsafe_allow_html", "allow_pickle"}
    if "torch.load" in called:  # one file of known content, read by the reader that builds only tensors
        assert path.stem == "imagenet"
        assert "weights_only" in switched_on
