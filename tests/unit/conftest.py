"""What tests of runs share: a real engine, and one that never starts anything."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnviz.runs import run_dir
from cnnviz.runs.engine import LocalEngine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[LocalEngine]:
    """Two runs at a time; whatever still trains at the end is killed."""
    engine = LocalEngine(tmp_path / "runs", slots=2)
    yield engine
    for folder in run_dir.all_folders(engine.root):
        engine.kill(folder.id)


@pytest.fixture
def still(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> LocalEngine:
    """An engine whose processes never start."""
    monkeypatch.setattr(LocalEngine, "_start", lambda *_: None)
    return engine
