"""Runs to compare with: one with a past, written down by hand, and one that nothing disturbed."""

from pathlib import Path

from cnnviz.checkpoints.format import freeze, serialize
from cnnviz.networks.network import Network, build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import recorder, run_dir
from cnnviz.training.config import TrainConfig

CONFIG = TrainConfig(network=NETWORKS["classic"], epochs=2, train_size=1_000, validation_size=100)
STEPS = (0, 3, 8)
LATEST = 14


def network_at(step: int) -> Network:
    return freeze(build(CONFIG.network, seed=step))


def past_run(home: Path) -> str:
    """Three snapshots and the latest weights, kept in this data folder. Returns the run's model key."""
    folder = run_dir.create(home / "runs", CONFIG.as_json())
    for step in (*STEPS, LATEST):
        folder.append(
            {
                "step": step,
                "steps": 16,
                "epoch": step / 8,
                "loss": 2.3 - step / 10,
                "accuracy": step / 20,
                "learning_rate": 1e-3,
                "images_per_second": 1_000.0,
                "validation_loss": None if step == 3 else 1.0,
                "validation_accuracy": None if step == 3 else 0.1 + step / 20,
                "seconds": step,
            }
        )
        content = serialize(network_at(step))
        if step != LATEST:
            folder.snapshot_folder.mkdir(exist_ok=True)
            (folder.snapshot_folder / f"step-{step:05d}.safetensors").write_bytes(content)
        folder.weights_file.write_bytes(content)
    folder.end("stopped", step=LATEST)
    return f"run:{folder.id}"


def weights_of_undisturbed_run(root: Path, config: TrainConfig) -> bytes:
    """The weights file of a run trained in this process from beginning to end."""
    folder = run_dir.create(root, config.as_json())
    recorder.train(folder)
    return folder.weights_file.read_bytes()
