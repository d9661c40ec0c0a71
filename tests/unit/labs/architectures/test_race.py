"""The race is fair, repeats itself, and is run by networks of one size."""

import pytest

from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.errors import ConfigError
from cnnviz.labs.architectures.race import BATCH, CONTESTANTS, RaceProgress, train_contestants
from cnnviz.networks.network import build, parameter_count


@pytest.fixture(scope="module")
def parts() -> tuple[Digits, Digits]:
    digits = load_mnist().train
    return Digits(digits.images[:3000], digits.labels[:3000]), Digits(
        digits.images[-200:], digits.labels[-200:]
    )


@pytest.mark.parametrize("name", CONTESTANTS)
def test_racers_are_of_one_size(name: str) -> None:
    assert 55_000 <= parameter_count(build(CONTESTANTS[name].network)) <= 65_000


def test_equal_digits(parts: tuple[Digits, Digits]) -> None:
    def run() -> list[RaceProgress]:
        return list(train_contestants(*parts, fair="digits", budget=4 * BATCH, names=["mlp", "vit"], turn=2))

    records, again = run(), run()
    last = {record.contestant: record for record in records}
    assert {record.digits for record in last.values()} == {4 * BATCH}
    assert [record.accuracy for record in records] == [record.accuracy for record in again]
    assert [record.contestant for record in records[:2]] == ["mlp", "vit"]
    assert records[-1].share == 1


def test_in_equal_seconds_whoever_used_least_takes_the_turn(parts: tuple[Digits, Digits]) -> None:
    records = list(train_contestants(*parts, budget=0.4, names=["mlp", "resnet"], turn=2))
    used = {"mlp": 0.0, "resnet": 0.0}
    for record in records[2:]:  # behind the two before the start
        assert used[record.contestant] == min(used.values())
        used[record.contestant] = record.seconds

    assert min(used.values()) >= 0.4
    shares = [record.share for record in records]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_bad_races_are_refused(parts: tuple[Digits, Digits]) -> None:
    for names, budget in (([], 1.0), (["horse"], 1.0), (["mlp"], 0.0)):
        with pytest.raises(ConfigError):
            next(train_contestants(*parts, budget=budget, names=names))
