"""Training the NumPy network: records, determinism, both engines, learning at all."""

from functools import cache

import numpy as np
import pytest

from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.errors import ConfigError
from cnnviz.labs.numpy_cnn.readable import forward, initial_parameters
from cnnviz.labs.numpy_cnn.training import (
    NumpyConfig,
    NumpyProgress,
    as_floats,
    fit_numpy,
    rate_at,
    read_numpy,
    training_digits,
)


@cache
def held_out() -> Digits:
    return load_mnist().test[:500]


def run(config: NumpyConfig, count: int = 600) -> list[NumpyProgress]:
    return list(fit_numpy(config, load_mnist().train[:count], held_out(), records_per_epoch=3))


def test_records_cover_the_run() -> None:
    records = run(NumpyConfig(epochs=2, batch_size=50))

    assert [record.step for record in records] == [0, 4, 8, 12, 16, 20, 24]
    assert [record.test_accuracy is not None for record in records] == [
        step % 12 == 0 for step in (0, 4, 8, 12, 16, 20, 24)
    ]
    assert records[-1].epoch == 2
    assert all(record.samples_per_second > 0 for record in records[1:])
    assert np.array_equal(records[0].parameters["filters"], initial_parameters(0)["filters"])


def test_it_learns() -> None:
    first, *_, last = run(NumpyConfig(epochs=3, batch_size=30), count=1_500)

    assert first.test_accuracy is not None
    assert last.test_accuracy is not None
    assert first.test_accuracy < 0.3
    assert last.test_accuracy > 0.8


def test_the_seed_decides_and_the_engines_agree() -> None:
    config = NumpyConfig(epochs=1, batch_size=60)
    last, again = run(config)[-1], run(config)[-1]
    other = run(NumpyConfig(epochs=1, batch_size=60, seed=1))[-1]
    readable = run(NumpyConfig("readable", epochs=1, batch_size=60))[-1]

    for name, values in last.parameters.items():
        assert np.array_equal(values, again.parameters[name])
        np.testing.assert_allclose(values, readable.parameters[name], atol=1e-3)
    assert not np.array_equal(last.parameters["dense"], other.parameters["dense"])
    assert last.loss == pytest.approx(readable.loss, rel=1e-3)


def test_a_record_is_not_changed_by_later_steps() -> None:
    records = run(NumpyConfig(epochs=1, batch_size=60))

    assert not np.array_equal(records[0].parameters["dense"], records[1].parameters["dense"])


def test_the_rate_rises_and_falls() -> None:
    config = NumpyConfig(learning_rate=1.0)
    rates = [rate_at(config, step, 100) for step in range(100)]

    assert np.argmax(rates) == 29
    assert max(rates) == pytest.approx(1.0)
    assert rates[0] == pytest.approx(1 / 30)
    assert rates[-1] == pytest.approx(1 / 70)


def test_reading_many_is_reading_each() -> None:
    parameters, images = initial_parameters(5), as_floats(load_mnist().test[:260])

    np.testing.assert_allclose(
        read_numpy(parameters, images), forward(parameters, images).probabilities, atol=1e-6
    )


def test_twelve_thousand_digits() -> None:
    assert len(training_digits()) == 12_000


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"batch_size": 0}, {"learning_rate": -1.0}, {"engine": "torch"}, {"seed": -1}]
)
def test_impossible_settings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        NumpyConfig(**wrong)


def test_too_few_digits_are_refused() -> None:
    with pytest.raises(ConfigError, match="do not fill one batch"):
        run(NumpyConfig(batch_size=1_000), count=10)
