"""The held-back writers' digits, one hand at a time."""

import torch

from cnnviz.checkpoints.format import load_model
from cnnviz.data.pen_digits import held_back_writers, load_pen_digits, pen_test_digits
from cnnviz.evaluation.metrics import logits_of
from cnnviz.evaluation.pen_writers import digits_by_writer, misclassified_by_writer


def test_all_held_back_digits_each_with_its_writer() -> None:
    everybody = digits_by_writer()

    assert set(everybody) <= held_back_writers()
    cleaned = pen_test_digits(with_wrong=False)
    assert sum(map(len, everybody.values())) == len(cleaned)
    together = torch.cat([digits.images.flatten(1) for digits in everybody.values()])
    assert torch.equal(together.long().sum(0), cleaned.images.flatten(1).long().sum(0))  # the same pictures
    writer = next(iter(everybody))
    written = sorted(digit.label for digit in load_pen_digits() if digit.writer == writer)
    assert set(everybody[writer].labels.tolist()) <= set(written)


def test_misread_counts() -> None:
    model = load_model("eight")
    counts = misclassified_by_writer(model)

    assert list(counts.values()) == sorted(counts.values(), reverse=True)
    for writer in list(counts)[:3]:
        digits = digits_by_writer()[writer]
        assert counts[writer] == int((logits_of(model, digits.images).argmax(1) != digits.labels).sum()) > 0
