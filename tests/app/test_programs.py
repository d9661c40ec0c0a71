"""The code behind every picture is a whole program: it runs, by itself, in a process without a network."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.checkpoints.format import save_checkpoint
from cnnviz.data.drawing_format import pack_image
from cnnviz.data.mnist import load_mnist
from cnnviz.io.images import encode_png
from cnnviz.networks.network import Network, build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.ui.pages.finetune.digits import OWN
from cnnviz.ui.shell.page_registry import present_pages
from tests.support.drawing import SEVEN, send, sent

Go = Callable[..., AppTest]
Keep = Callable[[Network], str]
ROOT = Path(__file__).parents[2]

# Programs repeat what the page shows, with its numbers; these make a repetition short. (pattern, instead)
SMALLER = (
    (r"\b(steps|epochs|octaves|frames)=\d+", r"\1=2"),
    (r"\btrain_size=\d+", "train_size=200"),
    (r"\bfolds=\d+", "folds=2"),
    (r"\bvalidation_size=[1-9]\d*", "validation_size=100"),
    (r"load_parts\(\w+\)", r"(part[:200] for part in \g<0>)"),
    (r"training_digits\(\)|load_mnist\(\)\.test(?=\)|\.images\))", r"\g<0>[:500]"),
    (r"\[:\d{3,}\]", "[:100]"),
    (r", (SHARP|SMOOTH|MACO|CLASS|preset)(?=[,)])", r", replace(\1, steps=6, annealed=2)"),
    (r'"seconds", \d+', '"seconds", 0.05'),
    (r"held_back, \d+, \d+", "held_back, 2, 1"),  # skip connections: steps, and how many to a record
)
RUNNER = """
import json, socket, sys
from dataclasses import replace
def refuse(*_): raise OSError("A program wants the network.")
socket.socket.connect = refuse
for name, program in json.load(sys.stdin).items():
    print(name, flush=True)
    exec(compile(program, name, "exec"), {"replace": replace})
"""

# What to open of each page, as its address: every view, and each way a program can begin; a drawing is
# given by the test digit it looks like.
LINKS: dict[str, list[dict[str, str]]] = {
    "draw": [],  # its program is about strokes: see below
    "network": [{}, {"drawing": "61", "model": "mlp"}],
    "filters": [
        {"layer": "conv2", "channel": "4"},
        {"layer": "conv2", "input": "2", "digit": "5", "snapshot": "0"},
        {"model": "mlp", "channel": "9", "drawing": "61"},
    ],
    "activations": [{"layer": "conv2", "drawing": "61"}, {"model": "mlp", "digit": "5"}],
    "pooling": [{"layer": "pool2", "drawing": "61"}, {"right": "2", "digit": "5"}, {"model": "lenet5"}],
    "maximize": [
        {"layer": "conv2", "channel": "4", "through_training": "true"},
        {"layer": "conv1", "channel": "4", "through_training": "true"},
        {"view": "digits", "model": "eight"},
        {"view": "bench", "model": "eight", "layer": "dense1"},
    ],
    "dream": [{"dream_view": "Look inside", "inside_layer": "Edges"}],  # the others: see test_dream
    "train": [{}],
    "cross_validate": [{}],
    "finetune": [{"model": "eight"}],
    "convolution": [
        *({"lesson": view} for view in ("slide", "borders", "flip", "colour", "frequency", "pooling")),
        {"lesson": "slide", "image": "digit", "drawing": "61"},
        {"lesson": "frequency", "waves": "cat"},
        {"lesson": "pooling", "pooled": "map", "digit": "61"},
        {"lesson": "colour", "filters": "learnt"},
    ],
    "architectures": [
        {"architectures_view": view}
        for view in ("Shared weights", "Calculator", "Gallery", "Skip connections", "Race")
    ],
    "invariance": [
        {"invariance_view": view, "digit": "7"}
        for view in ("Your digit", "The test set", "Layer by layer", "Augmentation")
    ],
    "from_scratch": [{"digit": "61"}, {"drawing": "61"}],
    "capsules": [{"digit": "61"}, {"drawing": "61"}],
}
WITHOUT = {"home", "evaluate"}  # these pages have no program


def opened(go: Go, page: str, link: dict[str, str]) -> AppTest:
    if "drawing" in link:
        link = {**link, "drawing": packed(int(link["drawing"]))}
    app = go(page, **link)
    for _ in range(100):  # a page that trains something first has no program yet
        if not app.code:
            app.run()
    return app


def packed(index: int) -> str:
    return pack_image(load_mnist().test.images[index] / 255)


def program_of(app: AppTest) -> str:
    """The one on the page; code of other kinds begins otherwise."""
    assert not app.exception
    (program,) = [block.value for block in app.code if block.value.startswith(("from ", "import "))]
    return str(program)


def run(programs: dict[str, str], folder: Path) -> str:
    """What they print, made SMALLER: all in one process without a network, each with names of its own."""
    for pattern, instead in SMALLER:
        programs = {name: re.sub(pattern, instead, program) for name, program in programs.items()}
    ended = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps(programs),
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},  # threads that wait for each other starve
        timeout=300,
    )
    assert ended.returncode == 0, "\n\n".join([ended.stderr, *programs.values()])
    return ended.stdout


def test_every_page_is_asked() -> None:
    assert LINKS.keys() | WITHOUT == {page.name for page in present_pages()}


@pytest.mark.parametrize("page", [page for page, links in LINKS.items() if links])
def test_a_pages_programs_run(go: Go, page: str, tmp_path: Path) -> None:
    printed = run({f"{page} {link}": program_of(opened(go, page, link)) for link in LINKS[page]}, tmp_path)
    assert len(printed.splitlines()) > len(LINKS[page])


def sweep(go: Go, _: Keep, __: Path) -> AppTest:
    return go("train", training="Sweep")


def stroke_replay(go: Go, _: Keep, __: Path) -> AppTest:
    return send(go("draw"), sent(SEVEN)).button(key="replay_start").click().run()


def photograph(go: Go, _: Keep, folder: Path) -> AppTest:
    content = encode_png(np.tile(np.linspace(0, 255, 120, dtype=np.uint8), (80, 1)))
    (folder / "yours.jpg").write_bytes(content)
    app = go("convolution", lesson="slide")
    return app.file_uploader(key="image_upload").upload("mine.png", content, "image/png").run()


def labeled_drawings(go: Go, _: Keep, folder: Path) -> AppTest:
    digits = load_mnist().test
    records = [{"label": int(digits.labels[n]), "image": packed(n), "strokes": []} for n in range(3)]
    content = json.dumps(records).encode()
    (folder / "labelled-drawings.json").write_bytes(content)
    app = go("finetune", model="eight").get_by_key("finetune_source").set_value(OWN).run()
    return app.file_uploader(key="finetune_upload").upload("mine.json", content, "application/json").run()


def transformer(keep: Keep, folder: Path) -> str:
    """The key of a run that ended with one, whose weights lie in the folder as downloaded."""
    model = build(NETWORKS["vit"], 3).eval()
    key = keep(model)
    save_checkpoint(folder / f"{key.removeprefix('run:')}.safetensors", model, {})
    return key


def attention(go: Go, keep: Keep, folder: Path) -> AppTest:
    return go("activations", model=transformer(keep, folder), layer="attention1")


def attention_by_hand(go: Go, keep: Keep, folder: Path) -> AppTest:
    return go("network", model=transformer(keep, folder), layer="attention1", channel="2", cell="1,1")


MADE: list[Callable[[Go, Keep, Path], AppTest]] = [
    sweep,
    stroke_replay,
    photograph,
    labeled_drawings,
    attention,
    attention_by_hand,
]


def test_programs_about_what_was_drawn_uploaded_or_trained_run(go: Go, keep: Keep, tmp_path: Path) -> None:
    folder = tmp_path / "programs"
    folder.mkdir()
    printed = run({make.__name__: program_of(make(go, keep, folder)) for make in MADE}, folder)
    assert "torch.Size([4, 4, 4, 4, 4])" in printed  # of every head, cell against cell


def test_imports_are_sorted_and_none_is_missing_or_unused(go: Go, tmp_path: Path) -> None:
    for page in ("filters", "convolution", "from_scratch"):
        (tmp_path / f"{page}.py").write_text(program_of(opened(go, page, LINKS[page][0])))
    checks = ["check", "--isolated", "--select=I,F", "--line-length=320", "."]  # the panel wraps lines itself
    subprocess.run([sys.executable, "-m", "ruff", *checks], check=True, cwd=tmp_path)
