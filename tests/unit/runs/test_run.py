"""Runs as pages see them."""

import json
import os
import time
from pathlib import Path

import pytest

from cnnviz.checkpoints.format import serialize
from cnnviz.errors import CheckpointError, RunError
from cnnviz.networks.network import NetworkConfig, build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import run_dir
from cnnviz.runs.run import _config, delete_run, list_runs, network_title, open_run, prune
from cnnviz.runs.run_dir import RunDir
from cnnviz.training.config import TrainConfig

CONFIG = TrainConfig(epochs=2, train_size=1_000, validation_size=100)


def ended(root: Path, state: run_dir.State = "finished", config: TrainConfig = CONFIG) -> RunDir:
    folder = run_dir.create(root, config.as_json())
    folder.weights_file.write_bytes(serialize(build(config.network)))
    folder.end(state, "because", test_accuracy=0.98917)
    return folder


def test_open_run(tmp_path: Path) -> None:
    folder = ended(tmp_path, "stopped")
    folder.append({"step": 0})
    run = open_run(tmp_path, folder.id)
    assert (run.id, run.config, run.state, run.reason) == (folder.id, CONFIG, "stopped", "because")
    assert (run.alive, run.resumable, run.has_weights) == (False, True, True)
    assert run.events() == [{"step": 0}]
    assert run.latest_network().config == CONFIG.network
    assert run.snapshots() == []


def test_title_says_network_epochs_accuracy_and_time(tmp_path: Path) -> None:
    folder = ended(tmp_path)
    noon = time.mktime((2001, 3, 4, 12, 5, 0, 0, 0, -1))
    folder.write("config", {"created": noon, "config": CONFIG.as_json()})
    assert open_run(tmp_path, folder.id).title == "Classic, 2 epochs, 98.9% · 4 Mar 12:05"

    own = TrainConfig(network=NetworkConfig(dense=(7,)), epochs=1)
    folder = run_dir.create(tmp_path, own.as_json())
    title = open_run(tmp_path, folder.id).title
    assert title == f"Own network · dense 7, 1 epoch, queued · {time.strftime('%H:%M')}"


def test_no_weights_yet(tmp_path: Path) -> None:
    run = open_run(tmp_path, run_dir.create(tmp_path, CONFIG.as_json()).id)
    assert not run.has_weights
    with pytest.raises(RunError, match="no weights yet"):
        run.latest_network()


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    folder = ended(tmp_path)
    folder.weights_file.write_bytes(folder.weights_file.read_bytes()[:-10])
    with pytest.raises(CheckpointError):
        open_run(tmp_path, folder.id).latest_network()


def test_list_is_newest_first_bounded_and_skips_damage(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere") == []
    made = [ended(tmp_path).id for _ in range(4)]
    (tmp_path / made[1] / "config.json").write_text('{"created": 1, "config": {"epochs": "many"}}')
    (tmp_path / made[2] / "config.json").write_text("{")
    assert [run.id for run in list_runs(tmp_path)] == [made[3], made[0]]
    assert [run.id for run in list_runs(tmp_path, limit=1)] == [made[3]]
    with pytest.raises(RunError, match="damaged"):
        open_run(tmp_path, made[1])


@pytest.mark.parametrize(
    "config", [[], {"network": 3}, {"network": {"convs": [{"filters": -1}]}}, "text", None]
)
def test_damaged_config_is_one_error(tmp_path: Path, config: object) -> None:
    folder = ended(tmp_path)
    (folder.path / "config.json").write_text(json.dumps({"created": 1.0, "config": config}))
    with pytest.raises(RunError, match="damaged"):
        open_run(tmp_path, folder.id)


def test_delete(tmp_path: Path) -> None:
    living, dead = run_dir.create(tmp_path, CONFIG.as_json()), ended(tmp_path)
    delete_run(tmp_path, dead.id)
    assert not dead.path.exists()
    with pytest.raises(RunError, match="still going"):
        delete_run(tmp_path, living.id)
    with pytest.raises(RunError, match="no such"):
        delete_run(tmp_path, "../" + living.id)
    assert living.path.exists()


def test_prune_by_number_spares_the_living_and_the_newest(tmp_path: Path) -> None:
    oldest = run_dir.create(tmp_path, CONFIG.as_json())
    made = [ended(tmp_path) for _ in range(4)]
    with oldest.held():
        prune(tmp_path, kept=3)
    assert {folder.id for folder in run_dir.all_folders(tmp_path)} == {oldest.id, made[2].id, made[3].id}


def test_prune_by_size(tmp_path: Path) -> None:
    made = [ended(tmp_path) for _ in range(4)]
    size = sum(path.stat().st_size for path in made[0].path.rglob("*"))
    prune(tmp_path, kept_bytes=int(2.5 * size))
    assert {folder.id for folder in run_dir.all_folders(tmp_path)} == {made[2].id, made[3].id}


def test_listing_twenty_runs_takes_no_time_a_page_would_notice(tmp_path: Path) -> None:
    """Not a timing: shapes are worked out once a configuration, not once a run and rerun."""
    for _ in range(3):
        ended(tmp_path)
    _config.cache_clear()
    for _ in range(3):
        list_runs(tmp_path)
    assert _config.cache_info().misses == 1


def test_snapshots_in_order_of_steps(tmp_path: Path) -> None:
    folder = ended(tmp_path)
    folder.snapshot_folder.mkdir()
    for step in (100_000, 5, 99_999):
        (folder.snapshot_folder / f"step-{step:05d}.safetensors").touch()
    (folder.snapshot_folder / ".tmp-abc").touch()
    os.sync()
    assert [step for step, _ in open_run(tmp_path, folder.id).snapshots()] == [5, 99_999, 100_000]


def test_every_shipped_network_has_a_short_title() -> None:
    titles = {network_title(TrainConfig(network=network)) for network in NETWORKS.values()}
    assert len(titles) == len(NETWORKS)
