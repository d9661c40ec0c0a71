"""Trains every preset with five seeds and says what came out, next to what its source states.

    python -m tests.benchmarks.presets FOLDER           train what FOLDER does not hold yet, then the table
    python -m tests.benchmarks.presets FOLDER fast eight     these presets alone

Each finished run is one small file in FOLDER, so that the work can be cut off and taken up again, or
shared by several processes. With all of them there, cnnviz/assets/presets.json is written: what the
train page tells to expect. One thread; the test digits are read once, after the last epoch - except by
`plain wide`, which finds out after how many epochs the plain loop's mean passes 99.0 %.
"""

import json
import statistics
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from cnnviz.data.mnist import load_mnist
from cnnviz.evaluation.metrics import evaluate
from cnnviz.io.atomic import write_atomically
from cnnviz.networks.network import Network
from cnnviz.training.config import TrainConfig
from cnnviz.training.datasets import load_parts
from cnnviz.training.loop import fit
from cnnviz.training.recipes import FILE, PRESETS, RECIPES
from tests.benchmarks.plain_loop import compare

SEEDS = range(5)
PLAIN_WIDE = "plain wide"
GOAL = 0.99
# The plain loop a preset's time is compared with, and its epochs: a source's own, where there is one.
PLAIN = {
    "fast": ("wide", None),  # as many epochs as it takes to a mean of 99.0 %, or all that were measured
    "balanced": ("classic", 15),
    "long": ("classic", 15),
    "classic": ("classic", 15),
    "wide": ("wide", 5),
    "padded": ("padded", 10),
    "eight": ("eight", 10),
}
# The plain loop's arithmetic: all 60,000 digits, none held back; our loop computes the same updates.
CONFIGS = {name: RECIPES[name] for name in PRESETS} | {
    PLAIN_WIDE: replace(RECIPES["wide"], validation_size=0),
}


def train(config: TrainConfig, every_epoch: bool) -> dict[str, Any]:
    """Test accuracy and loss at the end (and after each epoch, if asked), processor seconds, load."""
    test = load_mnist().test
    training, validation = load_parts(config)
    per_epoch = -(-len(training) // config.batch_size)
    seconds, epochs, report = 0.0, [], None
    steps = fit(config, training, validation, records=config.epochs)
    while True:
        start = time.process_time()
        progress = next(steps, None)
        seconds += time.process_time() - start
        if progress is None:
            break
        at_epoch = every_epoch and progress.step and progress.step % per_epoch == 0
        if at_epoch or progress.last:
            network = Network(config.network)
            network.load_state_dict(progress.state)
            report = evaluate(network.eval(), test.images, test.labels)
            epochs.append(report.accuracy)
    assert report is not None
    return {"accuracy": report.accuracy, "loss": report.loss, "epochs": epochs, "cpu_seconds": seconds}


def train_missing(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in SEEDS:
        for name in names:
            path = _file(folder, name, seed)
            with suppress(Timeout), FileLock(path.with_suffix(".lock"), timeout=0):  # else another has it
                if path.exists():
                    continue
                found = train(replace(CONFIGS[name], seed=seed), every_epoch=name == PLAIN_WIDE)
                write_atomically(path, json.dumps(found).encode())
                print(name, seed, found, flush=True)


def results(folder: Path, name: str) -> list[dict[str, Any]]:
    """The finished runs of a preset, seed 0 first."""
    paths = [_file(folder, name, seed) for seed in SEEDS]
    return [json.loads(path.read_text()) for path in paths if path.exists()]


def collect(folder: Path) -> dict[str, Any]:
    """What the page and the README tell of each preset."""
    record: dict[str, Any] = {"presets": {}}
    for name in PRESETS:
        runs = results(folder, name)
        if len(runs) < 2:
            continue
        seconds = statistics.median(run["cpu_seconds"] for run in runs) / CONFIGS[name].epochs
        record["presets"][name] = {
            "accuracies": [round(run["accuracy"], 5) for run in runs],
            "losses": [round(run["loss"], 5) for run in runs],
            "epoch_seconds": round(seconds, 1),
        }
    plain = results(folder, PLAIN_WIDE)
    if len(plain) > 1:
        means = [statistics.fmean(values) for values in zip(*(run["epochs"] for run in plain), strict=True)]
        passed = [epoch for epoch, mean in enumerate(means, 1) if mean >= GOAL]
        record["plain_wide"] = {
            "seeds": len(plain),
            "mean_accuracy_by_epoch": [round(mean, 5) for mean in means],
            "epochs_to_99": passed[0] if passed else None,
        }
    return record


def with_ratios(record: dict[str, Any]) -> dict[str, Any]:
    """How often each run of ours fits into the plain loop's, measured now, side by side."""
    for name, found in record["presets"].items():
        other, epochs = PLAIN[name]
        plain = record.get("plain_wide", {"epochs_to_99": None, "mean_accuracy_by_epoch": []})
        epochs = epochs or plain["epochs_to_99"] or len(plain["mean_accuracy_by_epoch"])
        if epochs:
            comparison = compare(name, other, epochs)
            found["times_faster"] = round(comparison.ratio, 1)
            found["than"] = f"{other}, {epochs} epochs"
            print(name, comparison, flush=True)
    return record


def table(record: dict[str, Any]) -> str:
    """Markdown for the README."""
    lines = [
        "| preset | source | ours: test accuracy, loss | seeds | epochs | s an epoch | than plain |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, found in record["presets"].items():
        accuracies, losses = found["accuracies"], found["losses"]
        lines.append(
            f"| {PRESETS[name].title} | {PRESETS[name].stated} | {100 * statistics.fmean(accuracies):.2f} "
            f"± {100 * statistics.stdev(accuracies):.2f} %, {statistics.fmean(losses):.4f} | "
            f"{len(accuracies)} | {CONFIGS[name].epochs} | {found['epoch_seconds']:.1f} | {_ratio(found)} |"
        )
    return "\n".join(lines)


def _ratio(found: dict[str, Any]) -> str:
    return f"× {found['times_faster']} ({found['than']})" if "than" in found else "–"


def _file(folder: Path, name: str, seed: int) -> Path:
    return folder / f"{name.replace(' ', '-')}-{seed}.json"


if __name__ == "__main__":
    torch.set_num_threads(1)
    where = Path(sys.argv[1])
    train_missing(where, sys.argv[2:] or list(CONFIGS))
    collected = collect(where)
    if len(sys.argv) == 2:
        with_ratios(collected)
        write_atomically(FILE, (json.dumps(collected, indent=2) + "\n").encode())
    print(table(collected))
