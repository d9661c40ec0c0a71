"""What a rerun costs: each thing worked out once, and only what is open is built."""

from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.runs import run, run_dir
from cnnviz.ui.state import model_catalogue
from tests.support.panels import open_panel
from tests.support.runs import past_run
from tests.support.text import frame_reading

Go = Callable[..., AppTest]


@pytest.mark.parametrize("page", ["draw", "filters", "activations", "network", "train", "evaluate"])
def test_a_rerun_resolves_its_model_once(go: Go, tmp_path: Path, page: str) -> None:
    key = past_run(tmp_path)
    app = go(page, model=key, snapshot="3")
    with (
        patch.object(model_catalogue, "_history", wraps=model_catalogue._history) as history,
        patch.object(model_catalogue, "list_runs", wraps=run.list_runs) as listed,
        patch.object(run.Run, "weights", autospec=True, side_effect=run.Run.weights) as weights,
    ):
        app.run()

    assert not app.exception
    assert history.call_count <= 2  # AppTest runs a page alone before the app, see require_frame
    assert listed.call_count <= 2
    assert weights.call_count == 0  # the file has not changed


def test_weights_that_changed_are_read_again(go: Go, tmp_path: Path) -> None:
    key = past_run(tmp_path)
    app = go("draw", model=key, digit="7")
    before = frame_reading(app)
    folder = run_dir.find(tmp_path / "runs", key.removeprefix("run:"))
    content = (folder.snapshot_folder / "step-00000.safetensors").read_bytes()
    folder.weights_file.write_bytes(content)
    app.run()

    assert frame_reading(app) != before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b'{"created": "yesterday"}'),
        ("config.json", b'{"created": 1e300, "config": {}}'),
        ("config.json", b"[" * 100_000),
        ("end.json", b'{"state": "finished", "test_accuracy": "high"}'),
        ("weights.safetensors", b"noise"),
        ("events.jsonl", b"\0\0\0"),
    ],
)
def test_a_damaged_run_costs_only_itself(go: Go, tmp_path: Path, name: str, content: bytes) -> None:
    damaged, sound = past_run(tmp_path), past_run(tmp_path)
    (tmp_path / "runs" / damaged.removeprefix("run:") / name).write_bytes(content)
    app = go("draw", digit="7")

    assert not app.exception
    assert sound in model_catalogue.catalogue()
    app.selectbox(key="model_choice").set_value(sound).run()
    assert not app.exception
    assert app.query_params["model"] in (sound, [sound])


def test_a_run_deleted_meanwhile_gives_the_default_model(go: Go, tmp_path: Path) -> None:
    key = past_run(tmp_path)
    go(model=key)  # this server has read it
    run.delete_run(tmp_path / "runs", key.removeprefix("run:"))
    app = go(model=key)

    assert not app.exception
    assert app.selectbox(key="model_choice").value == "default"
    assert "is not here" in app.warning[0].value


def test_what_is_closed_is_not_built(go: Go) -> None:
    app = go("draw")
    assert not app.get("file_uploader") or "draw_upload" not in {one.key for one in app.get("file_uploader")}
    assert "draw_upload" in {one.key for one in open_panel(app, "draw_upload_panel").get("file_uploader")}
