"""The code behind a training run: Python that trains exactly this."""

from dataclasses import fields, is_dataclass
from typing import Any

from cnnviz.networks.zoo import NETWORKS
from cnnviz.training.config import TrainConfig


def program(config: TrainConfig) -> str:
    return (
        f"{config_lines(config)}"
        "for progress in fit(config, *load_parts(config)):\n"
        "    if progress.validation_accuracy is not None:\n"
        '        print(f"step {progress.step}: {progress.validation_accuracy:.2%}")\n'
    )


def config_lines(config: TrainConfig) -> str:
    """Python that sets `config`."""
    known = next((name for name, network in NETWORKS.items() if network == config.network), None)
    plain = TrainConfig()
    given = {
        field.name: _written(getattr(config, field.name))
        for field in fields(config)
        if getattr(config, field.name) != getattr(plain, field.name)
    }
    given["network"] = f"NETWORKS[{known!r}]" if known else _written(config.network)
    settings = "".join(f"    {name}={value},\n" for name, value in given.items())
    return f"config = TrainConfig(\n{settings})\n"


def _written(value: Any) -> str:
    """Python for a value; of a dataclass only what differs from its defaults."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_written, value))}{',' * (len(value) == 1)})"
    if not is_dataclass(value):
        return repr(value)
    given = [
        f"{field.name}={_written(getattr(value, field.name))}"
        for field in fields(value)
        if getattr(value, field.name) != field.default
    ]
    return f"{type(value).__name__}({', '.join(given)})"
