"""cnnviz without a browser.

python -m cnnviz train NAME [--seed S] [--epochs E] [--out FOLDER] [--history]
python -m cnnviz cross-validate NAME [--folds K] [--digits N] [--plain]
python -m cnnviz sweep NAME --over SETTING=VALUES [--over ...] [--digits N]
python -m cnnviz evaluate MODEL
python -m cnnviz predict IMAGE [--model MODEL]
python -m cnnviz build-assets [architectures|dreams|pen-pictures|references ...] [--out FOLDER]
python -m cnnviz train-capsules [--seed S] [--epochs E] [--out FOLDER]
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from cnnviz.checkpoints.format import fold_temperature, load_checkpoint, load_model, save_checkpoint
from cnnviz.data.mnist import load_mnist
from cnnviz.data.pen_digits import pen_test_digits, write_pen_pictures
from cnnviz.data.preprocessing import to_digit
from cnnviz.errors import CnnvizError
from cnnviz.evaluation.metrics import Report, evaluate
from cnnviz.evaluation.ood import write_references
from cnnviz.feature_visualization.precomputed import write_dreams
from cnnviz.io.assets import ASSETS, MODELS
from cnnviz.io.images import read_picture
from cnnviz.labs.architectures.catalogue import write_catalogue
from cnnviz.labs.capsules.training import CAPSULES, CapsuleConfig, train_capsules
from cnnviz.networks.network import Network
from cnnviz.networks.tracing import predict
from cnnviz.runs.cross_validation import fold_config
from cnnviz.runs.grid import VALIDATION, Grid, read_values, with_digits
from cnnviz.training.cross_validation import summarize
from cnnviz.training.cross_validation_examples import QUICK, measure as measure_folds, save as save_example
from cnnviz.training.datasets import load_parts
from cnnviz.training.history import SnapshotRecorder, save_history
from cnnviz.training.loop import Progress, fit
from cnnviz.training.model_card import (
    fitted_temperature,
    make_card,
    seed_figures,
    shipped_figures,
    test_figures,
)
from cnnviz.training.recipes import RECIPES

ASSET_MAKERS = {
    "architectures": write_catalogue,
    "dreams": write_dreams,
    "pen-pictures": write_pen_pictures,
    "references": write_references,
}


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except CnnvizError as error:
        print(f"cnnviz: {error}", file=sys.stderr)
        return 1
    return 0


def train(options: argparse.Namespace) -> None:
    """Train a recipe on the carried data, measure it once on the test sets, save it with its card."""
    config = replace(RECIPES[options.name], seed=options.seed)
    if options.history is None:
        options.history = options.name == "default"
    if options.epochs:
        config = replace(config, epochs=options.epochs)
    start = time.perf_counter()
    training, validation = load_parts(config)
    history = SnapshotRecorder(config, validation)
    last = None
    for last in fit(config, training, validation, records=1_000):
        _report_progress(last)
        if options.history:
            history.offer(last)
    assert last is not None
    network = Network(config.network)
    network.load_state_dict(last.state)
    seconds = time.perf_counter() - start
    temperature = fitted_temperature(network.eval(), config)
    network.load_state_dict(fold_temperature(last.state, temperature))
    card = make_card(options.name, network, config, seconds, temperature)
    card |= shipped_figures(network)
    path = options.out / f"{options.name}.safetensors"
    save_checkpoint(path, network, card)
    if options.history:
        history.close(last)
        save_history(path, history)
    print(f"saved {path}")
    for name, figures in card["test"].items():
        print(f"{name}: {figures['accuracy']:.2%} of {figures['n']:,} (seed {config.seed})")


def cross_validate(options: argparse.Namespace) -> None:
    """Train a recipe once a fold; print each fold's figures and what they say together."""
    config = fold_config({**RECIPES, **QUICK}[options.name])
    if options.digits:
        config = replace(config, train_size=options.digits)
    figures = None
    for record, figures in measure_folds(config, options.folds, not options.plain):
        if record.progress.last:
            score = figures.scores[-1]
            print(f"fold {score.fold + 1}: {score.accuracy:.2%}, loss {score.loss:.4f}", flush=True)
    assert figures is not None
    summary = summarize(figures.accuracies)
    low, high = summary.corrected
    print(f"mean {summary.mean:.2%}, standard deviation {summary.standard_deviation:.2%}")
    print(f"95% interval of the mean, with the folds' overlap: {low:.2%} to {high:.2%}")
    if options.save:
        save_example(options.name, figures)


def sweep(options: argparse.Namespace) -> None:
    """Train a recipe at every point of a grid; print what each reads of the same validation digits."""
    axes = [setting.partition("=") for setting in options.over]
    grid = Grid(tuple((name, read_values(name, values)) for name, _, values in axes))
    config = RECIPES[options.name]
    if options.digits:
        config = with_digits(config, options.digits)
    grid.check(config)
    accuracies = {}
    for point in grid.points():
        tried = point.config(config)
        *_, last = fit(tried, *load_parts(tried), records=1)
        accuracies[point.title] = last.validation_accuracy or 0.0
        print(f"{point.title}: {last.validation_accuracy:.2%}", flush=True)
    best = max(accuracies, key=accuracies.__getitem__)
    print(f"best of {grid.size} on {config.validation_size:,} digits: {best}")


def measure(options: argparse.Namespace) -> None:
    """Measure a saved model again and write the figures into its card."""
    path = options.out / f"{options.name}.safetensors"
    checkpoint = load_checkpoint(path)
    model, card = checkpoint.model, checkpoint.card
    figures = {"bytes": path.stat().st_size, "folded": True, "test": test_figures(model)}
    figures |= shipped_figures(model)
    if options.seeds:
        others = [json.loads(other.read_text()) for other in options.seeds]
        figures["seeds"] = seed_figures([{**card, **figures}, *others])
    save_checkpoint(path, model, {**card, **figures})
    print(json.dumps(figures, indent=2))


def evaluate_model(options: argparse.Namespace) -> None:
    """Print accuracy, loss and the per-class table on both test sets."""
    model = load_model(options.model)
    for name, digits in {
        "MNIST test": load_mnist().test,
        "pen, held-back writers": pen_test_digits(),
    }.items():
        print(f"{name}\n{_table(evaluate(model, digits.images, digits.labels))}\n")


def predict_picture(options: argparse.Namespace) -> None:
    """Print the digit in a picture and the three likeliest readings."""
    probabilities = predict(load_model(options.model), to_digit(read_picture(options.image)).image)[0]
    values, digits = probabilities.topk(3)
    print(int(digits[0]))
    print(", ".join(f"{int(digit)}: {value:.1%}" for digit, value in zip(digits, values, strict=True)))


def build_assets(options: argparse.Namespace) -> None:
    """Make what the app carries anew: all of it, or what is named."""
    for name in options.names or ASSET_MAKERS:
        for path in ASSET_MAKERS[name](options.out):
            print(path, flush=True)


def train_capsule_network(options: argparse.Namespace) -> None:
    """Train the shipped capsule network anew, and print its figures."""
    config = CapsuleConfig(options.epochs, seed=options.seed)
    print(json.dumps(train_capsules(options.out / CAPSULES.name, config)["test"]))


def _report_progress(progress: Progress) -> None:
    if progress.validation_accuracy is not None:
        print(
            f"step {progress.step}/{progress.steps}  loss {progress.loss:.4f}  "
            f"validation {progress.validation_accuracy:.2%}  {progress.images_per_second:,.0f} images/s",
            flush=True,
        )


def _table(report: Report) -> str:
    rows = [
        f"  {digit}  precision {report.precision[digit]:.4f}  recall {report.recall[digit]:.4f}"
        f"  F1 {report.f1[digit]:.4f}"
        for digit in range(10)
    ]
    head = (
        f"  accuracy {report.accuracy:.2%} of {report.n:,}, loss {report.loss:.4f}, "
        f"calibration error {report.calibration_error:.2%}"
    )
    return "\n".join([head, *rows])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cnnviz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("train", help="train a recipe and save it with its card")
    command.add_argument("name", choices=RECIPES)
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--epochs", type=int, help="instead of the recipe's")
    command.add_argument("--out", type=Path, default=MODELS, help="folder for NAME.safetensors and NAME.json")
    command.add_argument(
        "--history",
        action=argparse.BooleanOptionalAction,
        help="also write NAME.history.safetensors, the run's moments; without it only for the default model",
    )
    command.set_defaults(run=train)
    command = commands.add_parser("cross-validate", help="train a recipe once a fold and compare")
    command.add_argument("name", choices={**RECIPES, **QUICK})
    command.add_argument("--folds", type=int, default=5, help="2 to 10")
    command.add_argument("--digits", type=int, help="of MNIST's training part, instead of the recipe's")
    command.add_argument("--plain", action="store_true", help="KFold instead of StratifiedKFold")
    command.add_argument("--save", action="store_true", help="keep the figures as the app's example")
    command.set_defaults(run=cross_validate)
    command = commands.add_parser("sweep", help="train a recipe with several values of its settings")
    command.add_argument("name", choices=RECIPES)
    command.add_argument(
        "--over", action="append", required=True, metavar="SETTING=VALUES", help="learning_rate=0.001,0.01"
    )
    command.add_argument(
        "--digits", type=int, help=f"to train on, beside {VALIDATION:,} others; else the recipe's"
    )
    command.set_defaults(run=sweep)
    command = commands.add_parser("measure", help="measure a saved model again and update its card")
    command.add_argument("name")
    command.add_argument("--out", type=Path, default=MODELS, help="folder of NAME.safetensors and NAME.json")
    command.add_argument(
        "--seeds", type=Path, nargs="*", help="cards of the same recipe with other seeds, for the mean"
    )
    command.set_defaults(run=measure)
    command = commands.add_parser("evaluate", help="measure a model on both test sets")
    command.add_argument("model", nargs="?", default="default")
    command.set_defaults(run=evaluate_model)
    command = commands.add_parser("predict", help="read the digit in a picture")
    command.add_argument("image", type=Path)
    command.add_argument("--model", default="default")
    command.set_defaults(run=predict_picture)
    command = commands.add_parser("build-assets", help="make the carried figures and pictures anew")
    command.add_argument("names", nargs="*", choices=ASSET_MAKERS, help="all, when none is named")
    command.add_argument("--out", type=Path, default=ASSETS, help="folder")
    command.set_defaults(run=build_assets)
    command = commands.add_parser("train-capsules", help="train the capsule network of the Capsules page")
    command.add_argument("--seed", type=int, default=CapsuleConfig.seed)
    command.add_argument("--epochs", type=int, default=CapsuleConfig.epochs)
    command.add_argument("--out", type=Path, default=CAPSULES.parent, help="folder for capsules.safetensors")
    command.set_defaults(run=train_capsule_network)
    return parser


if __name__ == "__main__":
    sys.exit(main())
