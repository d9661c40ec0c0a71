"""Take it away: the model on screen, its training and its data as files for other programs.

take_away(chosen, place)   a quiet expander; every file is made when it is asked for, not before
take_away_run(run)         the same below a run that has ended
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from cnnviz.checkpoints.format import serialize
from cnnviz.data.pen_digits import PAINTING, pen_training_digits
from cnnviz.errors import CnnvizError
from cnnviz.export.files import digits_file, events_csv, state_dict_file
from cnnviz.export.onnx import INSTALL, can_write_onnx, onnx_file
from cnnviz.export.script import PEN_FILE, loading_script, training_script
from cnnviz.runs.run import Run
from cnnviz.training.config import TrainConfig
from cnnviz.training.schedule import LearningRateChange
from cnnviz.ui.state.current_model import CurrentModel, model_called
from cnnviz.ui.state.model_catalogue import Origin, key_of, run_of, split


@dataclass(frozen=True)
class _File:
    """One thing to take away. make: its bytes; None when it cannot be made here, and `words` say why."""

    label: str
    name: str
    words: str
    make: Callable[[], bytes] | None


def take_away(chosen: CurrentModel, place: str) -> None:
    """The panel. place: begins its widgets' keys, so that two pages may have one."""
    panel = st.expander(
        "Take it away", icon=":material/download:", key=f"{place}_take_away", on_change="rerun"
    )
    if panel.open:
        with panel:
            _downloads(chosen, place)


def _downloads(chosen: CurrentModel, place: str) -> None:
    st.caption(f"{_what(chosen)}, as files for other programs.")
    for number, file in enumerate(_files(chosen)):
        button, words = st.columns([1, 3], vertical_alignment="center")
        with button:
            st.download_button(
                file.label,
                file.make or b"",
                file.name,
                key=f"{place}_file_{number}",
                disabled=file.make is None,
                on_click="ignore",
                width="stretch",
            )
        words.markdown(file.words)


def take_away_run(run: Run | None) -> None:
    """The same for a run that has ended and learned something."""
    if run and not run.alive and run.has_weights:
        with suppress(CnnvizError):  # damaged weights: said where the run is shown
            take_away(model_called(key_of(Origin.RUN, run.id)), "run")


def _what(chosen: CurrentModel) -> str:
    snapshot = "" if chosen.snapshot is None else f", as it was at step {chosen.snapshot.step:,}"
    return f"**{chosen.title}**{snapshot}"


def _files(chosen: CurrentModel) -> list[_File]:
    name, model, run = _name(chosen), chosen.model, run_of(chosen.key)
    config, program = _program(chosen, run, name)
    files = [
        _File(
            "safetensors",
            f"{name}.safetensors",
            "Weights, and the network they are for. cnnviz takes it back; nothing in it can run.",
            lambda: serialize(model),
        ),
        _File(
            "PyTorch",
            f"{name}.pt",
            "The weights as a state dict of plain tensors: `torch.load(…, weights_only=True)`.",
            lambda: state_dict_file(model),
        ),
        _File(
            "ONNX",
            f"{name}.onnx",
            "For other runtimes: image (N, 1, 28, 28) in 0 … 1 to ten logits."
            if can_write_onnx()
            else f"Needs one more package on this server: `{INSTALL}`",
            (lambda: onnx_file(model)) if can_write_onnx() else None,
        ),
        _File(
            "Python program",
            f"{'train' if config else 'load'}_{name}.py",
            "Trains this network without cnnviz: the same start, digits, order and steps."
            if config
            else "Builds this network without cnnviz, loads the `.pt` file and measures it.",
            program.encode,
        ),
    ]
    if config and config.data == "mnist+pen":
        seed, variants = config.seed, config.pen_variants
        files.append(
            _File(
                "Pen digits",
                PEN_FILE,
                "The pen digits the program reads, varied and painted; "
                f"takes about {PAINTING * variants:.0f} s to make.",
                lambda: digits_file(pen_training_digits(seed, variants)),
            )
        )
    if run:
        files.append(
            _File(
                "Figures",
                f"{name}.csv",
                "Every record of the run: step, loss, accuracy, learning rate and the rest, one line each.",
                lambda: events_csv(run.events()),
            )
        )
    files.append(
        _File(
            "Card",
            f"{name}.json",
            "What it is, how it was made and how good it is, as JSON.",
            (json.dumps(chosen.card, indent=2) + "\n").encode,
        )
    )
    return files


def _name(chosen: CurrentModel) -> str:
    """The files' name: a shipped model's own, else its run or digest."""
    _, name = split(chosen.key)
    return name if chosen.snapshot is None else f"{name}-step-{chosen.snapshot.step}"


def _program(chosen: CurrentModel, run: Run | None, name: str) -> tuple[TrainConfig | None, str]:
    """The configuration, if these weights follow from one, and the program."""
    card = chosen.card
    accuracy = card.get("test", {}).get("mnist", {}).get("accuracy") if chosen.snapshot is None else None
    config = _configuration(chosen)
    if config is None:
        return None, loading_script(chosen.model.config, name, accuracy)
    changes = run.folder.read("changes").get("changes", []) if run else []
    steered = [LearningRateChange(**change) for change in changes]
    temperature = card.get("temperature", 1.0)
    last_step = _last_step(chosen, run)
    return config, training_script(config, name, accuracy, last_step, steered, temperature)


def _configuration(chosen: CurrentModel) -> TrainConfig | None:
    """What the weights on screen were trained by, and nothing else; None when that is not known."""
    card, is_run = chosen.card, split(chosen.key)[0] is Origin.RUN
    if chosen.snapshot is not None or (is_run and "steps" not in card):
        return None
    try:
        config = TrainConfig.from_json(card["training"])
    except (KeyError, CnnvizError):
        return None
    chose_by_validation = config.patience or config.keep_best
    return None if chose_by_validation and "steps" not in card else config


def _last_step(chosen: CurrentModel, run: Run | None) -> int | None:
    """After which step the weights were taken, when that was before the planned end."""
    events = run.events() if run else []
    steps: int = chosen.card.get("steps", 0)
    return steps if events and steps < events[-1]["steps"] else None
