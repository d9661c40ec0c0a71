"""A study gathers every figure, and each figure is what it says."""

import pytest
import torch

from cnnviz.checkpoints.format import load_model
from cnnviz.data.mnist import load_mnist
from cnnviz.evaluation.metrics import logits_of
from cnnviz.training.finetuning import FinetuneConfig
from cnnviz.training.finetuning_report import QUICK, RECORDS, accuracy, measure_finetuning

CONFIG = FinetuneConfig(steps=16, batch_size=16)


def test_everything_is_measured() -> None:
    model, mnist = load_model("eight"), load_mnist()
    own = mnist.test[200:216]

    records = list(measure_finetuning(model, own, mnist, CONFIG))

    last = records[-1]
    assert [record.last for record in records] == [False] * (len(records) - 1) + [True]
    shares = [record.share for record in records]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert all(len(points) == RECORDS + 1 for points in last.curves.values())
    assert list(last.test) == ["before", "with replay", "without replay"]
    networks = {"before": model, **last.tuned}
    for name, network in networks.items():
        assert last.test[name] == accuracy(network, mnist.test)
    for way, network in last.tuned.items():
        assert last.curves[way][-1].own == accuracy(network, own)
        assert last.curves[way][-1].mnist == accuracy(network, mnist.test[:QUICK])
        assert last.curves[way][0].own == accuracy(model, own)
    assert last.held_out.shape == (16,)
    expected = (logits_of(model, own.images).argmax(1) == own.labels).float().mean()
    assert accuracy(model, own) == pytest.approx(float(expected))


def test_without_replay_and_with_few_digits_there_is_less_to_tell() -> None:
    model, mnist = load_model("eight"), load_mnist()

    *_, last = measure_finetuning(
        model, mnist.test[:3], mnist, FinetuneConfig(steps=2, replay=0, batch_size=4)
    )

    assert list(last.curves) == list(last.tuned) == ["without replay"]
    assert last.held_out is None
    assert torch.equal(last.tuned["without replay"].conv1.weight.isfinite().all(), torch.tensor(True))
