"""Letters, boxes and scribbles are told from digits; the curve agrees with counting by hand."""

import numpy as np
import pytest
import torch

from cnnviz.checkpoints.format import load_model
from cnnviz.data.mnist import load_mnist
from cnnviz.data.non_digits import KINDS, non_digits
from cnnviz.evaluation.metrics import features
from cnnviz.evaluation.ood import KEPT, MNIST_DIGITS, NEIGHBOR, OodDetector, coverage, load_references


@pytest.fixture(scope="module")
def ood_detector() -> OodDetector:
    return OodDetector.of(load_model("default"))


def test_most_test_digits_look_like_digits(ood_detector: OodDetector) -> None:
    ood = ood_detector.ood_scores(load_mnist().test.images[:500]) > ood_detector.threshold

    assert float(ood.float().mean()) < 0.04


@pytest.mark.parametrize(("kind", "least"), [("letters", 0.7), ("boxes", 0.8), ("scribbles", 0.4)])
def test_drawings_it_has_not_seen_are_found_strange(
    ood_detector: OodDetector, kind: str, least: float
) -> None:
    ood = ood_detector.ood_scores(non_digits(20, 7)[kind]) > ood_detector.threshold

    assert float(ood.float().mean()) >= least


def test_strangeness_is_the_difference_of_two_neighbor_distances(ood_detector: OodDetector) -> None:
    images = load_mnist().test.images[:5]
    model, references = load_model("default"), load_references()
    digits = torch.cat([references.digits, load_mnist().train.images[:MNIST_DIGITS]])

    def fifth(known: torch.Tensor) -> np.ndarray:
        a, b = features(model, images).double().numpy(), features(model, known).double().numpy()
        cosines = (a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
        return np.sort(cosines, axis=1)[:, -NEIGHBOR]

    assert np.allclose(ood_detector.ood_scores(images), fifth(references.others) - fifth(digits), atol=1e-5)


def test_a_kind_can_be_left_out(ood_detector: OodDetector) -> None:
    without = OodDetector.of(ood_detector.model, leave_out="letters")

    assert len(ood_detector.others) - len(without.others) == load_references().kinds.count("letters")


def test_coverage_counts_what_is_left() -> None:
    curve = coverage(torch.tensor([0.3, 0.1, 0.9, 0.2]), torch.tensor([True, True, False, False]))

    assert curve.share.tolist() == [0.25, 0.5, 0.75, 1]
    assert curve.accuracy.tolist() == pytest.approx([1, 0.5, 2 / 3, 0.5])


def test_references_are_digits_and_every_kind_of_other_drawing() -> None:
    references = load_references()

    assert set(references.kinds) == set(KINDS)
    assert len(references.kinds) == len(references.others)
    assert references.digits.shape == (750, 28, 28)
    assert 0.9 < KEPT < 1
