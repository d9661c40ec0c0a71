"""What the app takes from its surroundings: where this machine's training runs are kept."""

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """CNNVIZ_HOME, or the user's data folder."""
    return Path(os.environ.get("CNNVIZ_HOME") or platformdirs.user_data_path("cnnviz"))


def runs_root() -> Path:
    return home() / "runs"


def run_models() -> dict[str, str]:
    """ "run:ID" -> title of every run of this machine that has weights, newest first."""
    found = sorted(runs_root().glob("*/weights.safetensors"), key=lambda path: -path.stat().st_mtime)
    return {f"run:{path.parent.name}": path.parent.name for path in found}


def run_checkpoint(key: str) -> tuple[bytes, dict[str, object]]:
    """The weights file's bytes and the card of a run."""
    return (runs_root() / key.removeprefix("run:") / "weights.safetensors").read_bytes(), {}
