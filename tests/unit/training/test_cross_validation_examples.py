"""The figures made beforehand: whole, of the recipes they name, and made by the command they name."""

from dataclasses import replace
from pathlib import Path

import pytest

from cnnviz.__main__ import main
from cnnviz.networks.zoo import NETWORKS
from cnnviz.training import cross_validation_examples
from cnnviz.training.config import TrainConfig
from cnnviz.training.cross_validation import cross_validate
from cnnviz.training.cross_validation_examples import QUICK, examples, measure

CONFIG = TrainConfig(network=NETWORKS["mlp"], epochs=1, batch_size=50, train_size=300, validation_size=0)


@pytest.mark.parametrize("name", QUICK)
def test_examples_are_whole_and_of_their_recipes(name: str) -> None:
    figures = examples()[name]

    assert figures.config == QUICK[name]
    assert figures.complete
    assert [score.fold for score in figures.scores] == list(range(figures.folds))
    for score, events in zip(figures.scores, figures.events, strict=True):
        assert events[0]["step"] == 0
        assert events[-1]["step"] == events[-1]["steps"]
        assert events[-1]["validation_accuracy"] == pytest.approx(score.accuracy, abs=1e-5)


def test_measured_as_the_plain_loop() -> None:
    last = {}
    for record in cross_validate(CONFIG, 3, False):
        last[record.fold.number] = record.progress.validation_accuracy
    *_, (_, figures) = measure(CONFIG, 3, False)
    assert figures.accuracies == list(last.values())
    assert figures.complete


def test_unfinished_figures() -> None:
    records = measure(CONFIG, 2, True)
    _, figures = next(records)
    assert (figures.scores, figures.complete, [len(part) for part in figures.events]) == ((), False, [1, 0])


def test_pairs_need_the_same_digits() -> None:
    figures = examples()["quick"]

    assert figures.pairs_with(examples()["moved"])
    for other in (
        replace(figures, folds=4),
        replace(figures, stratified=False),
        replace(figures, config=replace(figures.config, seed=1)),
        replace(figures, config=replace(figures.config, train_size=500)),
        replace(figures, scores=figures.scores[:-1]),
    ):
        assert not figures.pairs_with(other)
        assert not other.pairs_with(figures)


def test_command_prints_and_saves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cross_validation_examples, "FILE", tmp_path / "studies.json")
    monkeypatch.setitem(QUICK, "quick", CONFIG)
    assert main(["cross-validate", "quick", "--folds", "2", "--digits", "200", "--plain", "--save"]) == 0

    printed = capsys.readouterr().out
    assert [line.split(":")[0] for line in printed.splitlines()[:2]] == ["fold 1", "fold 2"]
    assert "standard deviation" in printed
    examples.cache_clear()
    try:
        figures = examples()["quick"]
        assert (figures.config.train_size, figures.folds, figures.stratified) == (200, 2, False)
        assert f"{figures.scores[1].accuracy:.2%}" in printed
    finally:
        examples.cache_clear()


def test_impossible_folds_are_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cross-validate", "quick", "--folds", "11"]) == 1
    assert "from 2 to 10 folds" in capsys.readouterr().err
