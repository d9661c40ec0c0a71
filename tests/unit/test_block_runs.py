"""Networks of residual blocks and of attention train as runs like any other: kept, cut off, taken up."""

from pathlib import Path
from typing import Any

import pytest
import torch

from cnnviz.checkpoints.format import parse_checkpoint
from cnnviz.data.mnist import load_mnist
from cnnviz.evaluation.metrics import evaluate
from cnnviz.networks.network import WEIGHTED, build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import recorder, run_dir
from cnnviz.runs.run import history_of_run, open_run
from cnnviz.training.config import TrainConfig
from cnnviz.training.loop import Progress

BETTER_THAN = {"resnet": 0.8, "vit": 0.5}  # of 1,000 test digits, after two passes over 1,800


class Killed(BaseException):
    """Nothing in the product catches it."""


@pytest.mark.parametrize("name", BETTER_THAN)
def test_a_short_run_reads_digits_and_resumes_to_identical_weights(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "make_card", lambda *_: {"test": {"mnist": {"accuracy": 0.5}}})
    config = TrainConfig(
        network=NETWORKS[name],
        epochs=2,
        batch_size=50,
        learning_rate=5e-3,
        optimizer="adamw",
        schedule="one_cycle",
        train_size=2_000,
        validation_size=200,
    )
    straight, broken = (run_dir.create(tmp_path, config.as_json()) for _ in range(2))
    recorder.train(straight)

    keep = recorder.Recorder.keep

    def keep_then_die(self: recorder.Recorder, progress: Progress, *changes: Any) -> None:
        keep(self, progress, *changes)
        if progress.step >= 45:
            raise Killed

    monkeypatch.setattr(recorder.Recorder, "keep", keep_then_die)
    with pytest.raises(Killed):
        recorder.train(broken)
    monkeypatch.setattr(recorder.Recorder, "keep", keep)
    broken.prepare_resume()
    recorder.train(broken)

    content = straight.weights_file.read_bytes()
    assert broken.weights_file.read_bytes() == content
    model = parse_checkpoint(content)
    digits = load_mnist().test[:1_000]
    assert evaluate(model, digits.images, digits.labels).accuracy > BETTER_THAN[name]

    run = open_run(tmp_path, straight.id)
    past = history_of_run(run)
    assert past is not None
    for snapshot in (0, past.last):  # the time machine's ends: untrained, and as it was saved
        state = past.checkpoint(snapshot).model.state_dict()
        expected = build(config.network, config.seed) if snapshot == 0 else model
        for key, value in expected.state_dict().items():
            torch.testing.assert_close(state[key], value, atol=1e-2, rtol=1e-2)  # kept in half precision
    learning = [layer for layer, module in model.named_children() if isinstance(module, WEIGHTED)]
    assert list(run.events()[-1]["gradient_norms"]) == learning
