"""The public API: every name of every package exists, says what it is, and has one home."""

import ast
import inspect
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

import cnnviz
from cnnviz.ui.widgets.code_panel import PACKAGES, with_imports

ROOT = Path(cnnviz.__file__).parent
LAZILY = "assert not {'torch', 'timm', 'torchvision', 'streamlit'} & set(sys.modules)"


def test_programs_know_every_package_with_public_names() -> None:
    stubs = [path.parent.relative_to(ROOT.parent) for path in ROOT.rglob("__init__.pyi")]
    assert sorted(PACKAGES) == sorted(".".join(folder.parts) for folder in stubs)


@pytest.mark.parametrize("name", PACKAGES)
def test_public_names_are_exactly_those_promised(name: str) -> None:
    package = import_module(name)
    assert package.__file__
    stub = ast.parse(Path(package.__file__).with_suffix(".pyi").read_text())
    promised = [alias for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names]

    assert all(alias.asname == alias.name for alias in promised)  # else mypy sees no public name
    assert package.__all__ == sorted(alias.name for alias in promised)
    assert dir(package) == package.__all__


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_exists_and_says_what_it_is(name: str) -> None:
    package = import_module(name)
    for public in package.__all__:
        value = getattr(package, public)
        if inspect.isclass(value) or inspect.isroutine(value):
            text = inspect.getdoc(value)
            assert text, public
            assert not text.startswith(f"{public}("), public  # what a dataclass says when nobody else does


@pytest.mark.parametrize("name", PACKAGES)
def test_no_public_name_is_also_a_module(name: str) -> None:
    package = import_module(name)
    modules = {path.stem for folder in package.__path__ for path in Path(folder).iterdir()}
    assert not modules & set(package.__all__)


def test_every_public_name_has_one_home() -> None:
    names = Counter(public for package in PACKAGES for public in import_module(package).__all__)
    assert [name for name, homes in names.items() if homes > 1] == []


def test_importing_all_packages_loads_nothing_heavy() -> None:
    program = f"import sys, {', '.join(PACKAGES)}\n{LAZILY}"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT.parent)


def test_imports_are_those_of_the_names_used_and_sorted() -> None:
    program = "image = read_picture(Path('a.png'))\nconfig = TrainConfig(network=NETWORKS['eight'])\n"
    program += "print(np.asarray(image), trace(load_model(), image), ConvBlock, Image)\n"
    assert with_imports(program).split("\n\n")[:2] == [
        "from pathlib import Path",
        "import numpy as np\n"
        "from cnnviz import TrainConfig, load_model, trace\n"
        "from cnnviz.io import read_picture\n"
        "from cnnviz.networks import NETWORKS, ConvBlock\n"
        "from PIL import Image",
    ]


def test_what_a_program_sets_is_not_imported() -> None:
    assert with_imports("layer = 1\nprint(layer)\n") == "layer = 1\nprint(layer)\n"
