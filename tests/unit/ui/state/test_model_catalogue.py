"""Keys of models: taken apart in one place, and put together again."""

from pathlib import Path

import pytest

from cnnviz.checkpoints import model_store
from cnnviz.errors import CnnvizError
from cnnviz.networks.network import build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.ui.state.model_catalogue import (
    Origin,
    catalogue,
    is_here,
    key_of,
    model_title,
    source,
    split,
    stamp,
)
from tests.support.runs import past_run


@pytest.mark.parametrize(
    ("key", "origin", "name"),
    [
        ("default", Origin.SHIPPED, "default"),
        ("run:abc-DEF_1234", Origin.RUN, "abc-DEF_1234"),
        ("own:0123456789abcdef", Origin.STORED, "0123456789abcdef"),
    ],
)
def test_a_key_says_where_a_model_comes_from(key: str, origin: Origin, name: str) -> None:
    assert split(key) == (origin, name)
    assert key_of(origin, name) == key


def test_the_three_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    run = past_run(tmp_path)
    stored = model_store.keep_model(tmp_path / "models", build(NETWORKS["eight"], seed=1), "mine")
    keys = list(catalogue())

    assert keys[0] == "default"
    assert keys[-2:] == [f"own:{stored.digest}", run]
    assert source(keys[-2]).checkpoint().digest == stored.digest
    assert source(keys[-2]).history() is None
    history = source(run).history()
    assert history is not None
    assert [snapshot.step for snapshot in history.snapshots] == [0, 3, 8, 14]


@pytest.mark.parametrize(
    "key", ["", "nonsense", "../default", "run:", "run:../../../etc", "own:../../secret"]
)
def test_no_such_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))

    assert not is_here(key)
    assert model_title(key) == key
    with pytest.raises(CnnvizError):
        source(key)


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    stamps = {stamp(file)}
    for content in (b"", b"one", b"two"):
        other = tmp_path / "other"
        other.write_bytes(content)
        other.replace(file)
        stamps.add(stamp(file))

    assert len(stamps) == 4
