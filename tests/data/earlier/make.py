"""Makes what a user of an earlier version has; runs in that version's tree, with that version's code.

python make.py FOLDER    see README.md for the whole command
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cnnviz.drawing import to_digit
from cnnviz.grids import Grid
from cnnviz.history import Keeper, save_history
from cnnviz.jobs import LocalEngine
from cnnviz.labelled import parse_labelled
from cnnviz.own_models import keep_model
from cnnviz.packing import pack_image
from cnnviz.parts import load_parts
from cnnviz.run_folder import RunFolder
from cnnviz.strokes import rasterize
from cnnviz.studies import start_study
from cnnviz.sweeps import start_sweep
from cnnviz.train_config import TrainConfig
from streamlit.testing.v1 import AppTest

from cnnviz import recording, worker
from cnnviz.checkpoints import parse_checkpoint, save_checkpoint
from cnnviz.data import load_mnist
from cnnviz.networks import ConvBlock, Network, NetworkConfig, Patches
from cnnviz.training import fit

CONVOLUTION = NetworkConfig(convs=(ConvBlock(2, kernel=5, stride=2),))
TRANSFORMER = NetworkConfig(patches=Patches(side=14, width=6, rounds=1, heads=2))
SHORT = TrainConfig(network=CONVOLUTION, epochs=1, batch_size=100, train_size=400, validation_size=100)
LONG = replace(SHORT, network=TRANSFORMER, epochs=2, optimizer="adamw", keep_best=True)
CUT_AFTER = 3  # of LONG's six steps
SEVEN = [[70.0, 60.0], [200.0, 60.0], [120.0, 230.0]]
CONTROLS = ("selectbox", "slider", "number_input", "button_group", "toggle", "checkbox", "text_input")
# Keys that stand for one question, pose or row, and so are in no address.
PASSING = (
    "exercise_given",
    "pose_",
    "_",
    "sweep_point",
    "convolution_size",
    "finetune_writer",
    "train_recipe",
)
SCALARS = (int, float, str, bool, type(None))


def main(home: Path) -> None:
    root = home / "runs"
    LocalEngine._start = lambda _, folder: worker.main([str(folder.path)])  # here, until it has ended
    engine = LocalEngine(root)
    made = {
        "finished": engine.submit(SHORT),
        "study": start_study(engine, root, SHORT, 2, True),
        "sweep": start_sweep(engine, root, SHORT, Grid((("learning_rate", (1e-3, 1e-2)),))),
        "interrupted": interrupted(engine, home),
        "stored": stored(home),
    }
    history(home / "kept.safetensors")
    digit = to_digit(rasterize([np.array(SEVEN)], 20)).image
    records = [{"label": 7, "image": pack_image(digit), "strokes": [SEVEN]}]
    (home / "drawings.json").write_text(json.dumps(parse_labelled(json.dumps(records).encode())))
    (home / "progress.json").write_text(json.dumps(progress()))
    (home / "made.json").write_text(json.dumps(made, indent=1) + "\n")
    (home / "logits.json").write_text(json.dumps(logits(home), indent=1) + "\n")
    for rest in (*home.rglob("lock"), *home.rglob("*.lock"), *home.rglob("reserve")):
        rest.unlink()
    follow_links(home, {"drawing": pack_image(digit), **made})


def interrupted(engine: LocalEngine, home: Path) -> str:
    """A run cut off after three steps, its rate halved after the first, and the weights it would end with."""

    class Cut(BaseException):
        """What a kill -9 is to a process."""

    def cut_off(*arguments: Any) -> Iterator[Any]:
        for record in whole(*arguments):
            if record.step > CUT_AFTER:
                raise Cut
            if record.step == 1:
                folder.ask_rate(factor=0.5)
            yield record

    whole, recording.local_records = recording.local_records, cut_off
    begin, LocalEngine._start = LocalEngine._start, lambda *_: None
    folder = RunFolder(engine.root / engine.submit(LONG))
    with suppress(Cut):
        worker.main([str(folder.path)])
    recording.local_records, LocalEngine._start = whole, begin
    assert folder.state() == "interrupted", folder.state()
    going_on = RunFolder(Path(shutil.copytree(folder.path, home / "going_on" / folder.id)))
    going_on.prepare_resume()
    worker.main([str(going_on.path)])
    shutil.copy(going_on.weights_file, home / "resumed.safetensors")
    shutil.rmtree(home / "going_on")
    return folder.id


def stored(home: Path) -> str:
    torch.manual_seed(5)
    card = {"title": "Tuned", "origin": "default"}
    return keep_model(home / "models", Network(TRANSFORMER).eval(), "Tuned earlier", card).digest


def history(path: Path) -> None:
    """A model saved with its history, as `cnnviz train` does."""
    training, validation = load_parts(LONG)
    keeper = Keeper(LONG, validation)
    for record in fit(LONG, training, validation, records=LONG.epochs * 3):
        keeper.offer(record)
    keeper.close(record)
    network = Network(TRANSFORMER)
    network.load_state_dict(record.state)
    save_checkpoint(path, network.eval(), {"name": "kept"})
    save_history(path, keeper)


def logits(home: Path) -> dict[str, list[float]]:
    """Every file of weights -> what its network says about test digit 61."""
    skipped = ("resume", "before", ".history")
    files = [path for path in home.rglob("*.safetensors") if not any(word in path.name for word in skipped)]
    image = load_mnist().test.images[61][None, None] / 255  # (1, 1, 28, 28)
    with torch.no_grad():
        answers = {
            str(path.relative_to(home)): parse_checkpoint(path.read_bytes())(image)[0] for path in files
        }
    return {name: [round(float(logit), 6) for logit in answer] for name, answer in sorted(answers.items())}


def progress() -> dict[str, Any]:
    """What the browser's storage holds of somebody who answered every kind of question."""
    text = "".join(path.read_text() for path in sorted(Path("cnnviz").rglob("*.py")))
    labs = "convolution|architectures|capsules|from_scratch|invariance"
    names = sorted(set(re.findall(rf'"((?:{labs})/[a-z]+)"', text)))
    return {"epoch": 2, "right": {**{name: [1, 2] for name in names}, "tour/draw": [1, 1]}}


def follow_links(home: Path, made: dict[str, str]) -> None:
    """Add to every link of links.json what it shows."""
    links = json.loads((Path(__file__).parent / "links.json").read_text())
    for link in links:
        address = {name: value.format(**made) for name, value in link["address"].items()}
        link["shown"] = seen(home, link["page"], address)
        print(link, flush=True)
    (home / "links.json").write_text(json.dumps(links, indent=1, ensure_ascii=False) + "\n")


def seen(home: Path, page: str, address: dict[str, str]) -> dict[str, Any]:
    """What is on screen with the address and is not, or is other, without it."""
    plain, linked = (look(home, page, each) for each in ({}, address))
    return {name: value for name, value in linked.items() if name not in plain or plain[name] != value}


def look(home: Path, page: str, address: dict[str, str]) -> dict[str, Any]:
    """Controls by key, numbers and words of the components' headers, and what the frame says."""
    os.environ["CNNVIZ_HOME"] = str(home)
    app = AppTest.from_file(str(Path("app.py").resolve()), default_timeout=600)
    app.query_params.update(address)
    app.run()
    if page != "home":
        app.switch_page(f"pages/{page}.py").run()
        if watched := address.keys() & {"run", "study", "sweep"}:  # AppTest drops them when it switches
            app.query_params.update({name: address[name] for name in watched})
            app.run()
    assert not app.exception, (page, address, app.exception)
    return on_screen(app) | {f"address {name}": app.query_params.get(name) for name in address}


def on_screen(app: AppTest) -> dict[str, Any]:
    reading = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", app.sidebar.markdown[0].value)]
    found = {"digit": app.sidebar.caption[0].value, "reading": reading[:2]}  # the digit, and how sure
    for kind in CONTROLS:
        for control in getattr(app, kind):
            if control.key and not control.key.startswith(PASSING):
                found[f"control {control.key}"] = control.value
    return {name: value for name, value in found.items() if isinstance(value, (*SCALARS, list))}


if __name__ == "__main__":
    torch.set_num_threads(1)
    load_mnist()
    main(Path(sys.argv[1]))
