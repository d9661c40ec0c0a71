"""AppTest from app.py, the way a visitor arrives."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.checkpoints.format import serialize
from cnnviz.networks.network import Network
from cnnviz.runs import run_dir
from cnnviz.runs.engine import LocalEngine
from cnnviz.training.config import TrainConfig

ROOT = Path(__file__).parents[2]
Go = Callable[..., AppTest]
Keep = Callable[[Network], str]


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Go:
    """go("draw", digit="7") -> that page after its first run, with an empty data folder."""
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))

    def open_page(name: str = "home", **link: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
        for key, value in link.items():
            app.query_params[key] = value
        app.run()
        if name != "home":
            app.switch_page(f"pages/{name}.py").run()
        return app

    return open_page


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that grows on a page is done in one run of it, as on a fast machine."""
    monkeypatch.setattr("cnnviz.ui.state.incremental.SECONDS", 1e9)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the app under test keeps its runs."""
    return tmp_path / "runs"


@pytest.fixture
def keep(root: Path) -> Keep:
    """keep(model) -> the key of a finished run that ended with it."""

    def kept(model: Network) -> str:
        folder = run_dir.create(root, TrainConfig(network=model.config, epochs=1).as_json())
        folder.weights_file.write_bytes(serialize(model))
        folder.write("card", {"test": {}, "seed": 0})
        folder.end("finished", test_accuracy=0.5)
        return f"run:{folder.id}"

    return kept


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers have tests of their own; with this the folders alone tell a page what happens."""
    monkeypatch.setattr(LocalEngine, "_start", lambda *_: None)
