"""Does a recipe read hands that are nothing like its training's? Whole donors are left out.

    python -m tests.benchmarks.donors default            a third of the donors at a time
    python -m tests.benchmarks.donors best --epochs 4    less than the recipe's own sixteen

The pen digits were given by seven institutions, each with its own writers, devices and habits. Each
third trains a model without some of them and lets it read what these gave. Only digits by the
training writers are used, so that this may choose between recipes: the held-back writers stay unseen.
"""

import argparse
from collections import Counter
from dataclasses import replace

import torch

from cnnviz.data.mnist import Digits, load_mnist, split
from cnnviz.data.pen_digits import PenDigit, digits_by, pictures, training_writers, varied_pictures
from cnnviz.evaluation.metrics import logits_of
from cnnviz.networks.network import Network
from cnnviz.training.config import TrainConfig
from cnnviz.training.loop import fit
from cnnviz.training.recipes import RECIPES

THIRDS = (("ibm", "uqb"), ("aga", "art", "ced"), ("apb", "app"))  # donors, by UNIPEN's names


def donor(digit: PenDigit) -> str:
    return digit.file.partition("/")[0]


def misclassified(config: TrainConfig, unseen: tuple[str, ...]) -> tuple[Counter[str], int]:
    """What was read as what ("1 as 7") of the unseen donors' digits, and how many there are."""
    digits = digits_by(training_writers())
    known = [digit for digit in digits if donor(digit) not in unseen]
    pen = varied_pictures(known, config.seed, config.pen_variants)
    mnist, validation = split(load_mnist().train, config.validation_size, config.seed + 1)
    seen = Digits(torch.cat([mnist.images, pen.images]), torch.cat([mnist.labels, pen.labels]))
    *_, last = fit(config, seen, validation)
    model = Network(config.network).eval()
    model.load_state_dict(last.state)
    test = pictures([digit for digit in digits if donor(digit) in unseen])
    pairs = zip(test.labels.tolist(), logits_of(model, test.images).argmax(1).tolist(), strict=True)
    return Counter(f"{label} as {read}" for label, read in pairs if label != read), len(test)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recipe", choices=["default", "best"])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    config = replace(RECIPES[chosen.recipe], seed=chosen.seed)
    config = replace(config, epochs=chosen.epochs or config.epochs)
    wrong_in_all = count_of_all = 0
    for unseen in THIRDS:
        kinds, count = misclassified(config, unseen)
        wrong_in_all, count_of_all = wrong_in_all + kinds.total(), count_of_all + count
        common = ", ".join(f"{number} × {kind}" for kind, number in kinds.most_common(4))
        print(f"{' '.join(unseen)}: {1 - kinds.total() / count:.2%} of {count:,} ({common})", flush=True)
    print(f"all: {1 - wrong_in_all / count_of_all:.2%} of {count_of_all:,}")


if __name__ == "__main__":
    main()
