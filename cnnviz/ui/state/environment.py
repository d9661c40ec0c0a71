"""What the app takes from its surroundings: where this machine's training runs are kept."""

import os
from pathlib import Path

import platformdirs

from cnnviz.runs.engine import Engine, LocalEngine
from cnnviz.runs.ray_engine import RayEngine


def home() -> Path:
    """CNNVIZ_HOME, or the user's data folder."""
    return Path(os.environ.get("CNNVIZ_HOME") or platformdirs.user_data_path("cnnviz"))


def runs_root() -> Path:
    return home() / "runs"


def weights_folder() -> Path:
    """Where fetched ImageNet weights are kept."""
    return home() / "weights"


def ray_address() -> str:
    """CNNVIZ_RAY_ADDRESS: the Ray cluster that trains; empty for this machine alone."""
    return os.environ.get("CNNVIZ_RAY_ADDRESS", "").strip()


def engine() -> Engine:
    """Where training runs are executed."""
    address = ray_address()
    return RayEngine(runs_root(), address=address) if address else LocalEngine(runs_root())


def models_root() -> Path:
    """Where models that were brought or tuned are kept."""
    return home() / "models"
