"""The shelf of brought and tuned models: bounded, atomic, and no way out of its folder."""

import errno
import time
from pathlib import Path

import pytest

from cnnviz.checkpoints import model_store
from cnnviz.checkpoints.format import digest, parse_checkpoint, serialize
from cnnviz.checkpoints.model_store import delete_stored, find_stored, keep_model, list_stored, open_stored
from cnnviz.errors import CheckpointError
from cnnviz.io import atomic
from cnnviz.networks.network import build
from cnnviz.networks.zoo import NETWORKS


def network(seed: int = 0) -> object:
    return build(NETWORKS["eight"], seed)


def test_kept_listed_opened_deleted(tmp_path: Path) -> None:
    assert list_stored(tmp_path / "nowhere") == []
    first = keep_model(tmp_path, network(1), "  my\nfirst  ", {"how": "uploaded"})
    second = keep_model(tmp_path, network(2), "x" * 500)

    assert [model.digest for model in list_stored(tmp_path)] == [second.digest, first.digest]
    assert first.name == "my first"
    assert len(second.name) == model_store.NAME_LIMIT
    content, card = open_stored(tmp_path, first.digest)
    assert content == serialize(network(1))
    assert digest(content) == first.digest
    assert parse_checkpoint(content).config == NETWORKS["eight"]
    assert card["how"] == "uploaded"
    assert find_stored(tmp_path, first.digest).title == f"my first · {time.strftime('%H:%M')}"

    delete_stored(tmp_path, first.digest)
    delete_stored(tmp_path, first.digest)
    assert [model.digest for model in list_stored(tmp_path)] == [second.digest]
    with pytest.raises(CheckpointError, match="deleted"):
        open_stored(tmp_path, first.digest)


def test_a_name_is_plain_words(tmp_path: Path) -> None:
    """Others see it, where Markdown is rendered."""
    name = "![x](http://example.org/a.png) :red[$1$] `Größe` 9_b, 10 %"
    kept = keep_model(tmp_path, network(), name)
    assert kept.name == "x(http//example.org/a.png) red1 Größe 9_b, 10 %"


def test_same_weights_are_stored_once(tmp_path: Path) -> None:
    assert keep_model(tmp_path, network(), "a").digest == keep_model(tmp_path, network(), "b").digest
    assert [model.name for model in list_stored(tmp_path)] == ["b"]


@pytest.mark.parametrize("name", ["../secret", "", "0" * 15, "0" * 17, "G" * 16, "0" * 15 + "/"])
def test_nothing_but_a_digest_is_looked_up(tmp_path: Path, name: str) -> None:
    for action in (open_stored, delete_stored, find_stored):
        with pytest.raises(CheckpointError):
            action(tmp_path, name)


def test_a_full_shelf_refuses_and_keeps_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_store, "KEPT", 2)
    kept = [keep_model(tmp_path, network(seed), "m").digest for seed in range(2)]

    with pytest.raises(CheckpointError, match="at most 2 own models"):
        keep_model(tmp_path, network(2), "m")
    keep_model(tmp_path, network(1), "known already")

    assert {model.digest for model in list_stored(tmp_path)} == set(kept)
    monkeypatch.setattr(model_store, "KEPT", 60)
    monkeypatch.setattr(model_store, "KEPT_BYTES", 2_500_000)  # three of them, not four
    keep_model(tmp_path, network(2), "m")
    with pytest.raises(CheckpointError, match="delete one"):
        keep_model(tmp_path, network(3), "m")


def test_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(CheckpointError, match="No space left"):
        keep_model(tmp_path, network(), "m")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_card_does_not_lose_the_model(tmp_path: Path) -> None:
    model = keep_model(tmp_path, network(), "m")
    for text in ("{", "[]", '{"name": "", "created": "yesterday"}'):
        (tmp_path / f"{model.digest}.json").write_text(text)
        (found,) = list_stored(tmp_path)
        assert found.name == f"Model {model.digest[:6]}"
        assert open_stored(tmp_path, model.digest)[0] == serialize(network())
