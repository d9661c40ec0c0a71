"""Real worker processes: started, stopped, killed, taken up again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cnnviz.errors import ConfigError, RunError
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import run_dir
from cnnviz.runs.engine import QUEUE_LIMIT, LocalEngine
from cnnviz.runs.run import delete_run, list_runs, open_run
from cnnviz.training.config import TrainConfig
from tests.support.runs import weights_of_undisturbed_run
from tests.support.waiting import wait_for

SHORT = TrainConfig(network=NETWORKS["eight"], epochs=1, batch_size=50, train_size=1_100, validation_size=100)
LONG = replace(SHORT, epochs=100, train_size=20_000)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[LocalEngine]:
    engine = LocalEngine(tmp_path / "runs", slots=1)
    yield engine
    for run in list_runs(engine.root):
        engine.kill(run.id)


def processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_killed_run_is_resumed_to_identical_weights(engine: LocalEngine) -> None:
    config = replace(SHORT, epochs=4)
    broken = engine.submit(config)
    folder = run_dir.find(engine.root, broken)
    wait_for(lambda: len(folder.events()) > 20)
    pid = folder.read("worker")["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: folder.state() == "interrupted", 2)
    wait_for(lambda: not Path(f"/proc/{pid}").exists(), 2)  # collected, not a zombie
    open_run(engine.root, broken).latest_network()

    engine.resume(broken)
    wait_for(lambda: folder.state() == "finished")
    assert folder.weights_file.read_bytes() == weights_of_undisturbed_run(engine.root, config)
    with pytest.raises(RunError, match="this one is finished"):
        engine.resume(broken)


def test_stop_then_resume(engine: LocalEngine) -> None:
    run_id = engine.submit(LONG)
    folder = run_dir.find(engine.root, run_id)
    assert folder.state() == "queued"
    wait_for(lambda: len(folder.events()) > 3)
    assert folder.state() == "running"
    with pytest.raises(RunError, match="this one is running"):
        engine.resume(run_id)

    engine.stop(run_id)
    engine.stop(run_id)  # an impatient second click changes nothing
    wait_for(lambda: folder.state() == "stopped")
    step = folder.read("end")["step"]
    assert step == folder.events()[-1]["step"] > 0
    assert 0 < open_run(engine.root, run_id).test_accuracy < 1  # type: ignore[operator]

    engine.resume(run_id)
    wait_for(lambda: folder.events()[-1]["step"] > step)
    engine.kill(run_id)
    wait_for(lambda: folder.state() == "interrupted", 2)
    engine.stop(run_id)
    engine.kill(run_id)
    assert folder.state() == "interrupted"


def test_second_run_waits_and_can_be_called_off(engine: LocalEngine) -> None:
    first, second = engine.submit(LONG), engine.submit(LONG)
    waiting = run_dir.find(engine.root, second)
    wait_for(lambda: bool(waiting.read("worker")) and open_run(engine.root, first).state == "running")
    assert waiting.state() == "queued"
    status = Path(f"/proc/{waiting.read('worker')['pid']}/status")
    if status.exists():
        resident = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        assert int(resident.split()[1]) < 60_000  # kB: it has not imported PyTorch
    engine.stop(second)
    wait_for(lambda: waiting.state() == "stopped", 5)
    assert waiting.events() == []


def test_queue_is_bounded(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalEngine, "_start", lambda *_: None)
    for _ in range(QUEUE_LIMIT):
        engine.submit(SHORT)
    with pytest.raises(RunError, match="waiting already"):
        engine.submit(SHORT)


def test_paused_run_gives_its_place_away_and_survives_everything(engine: LocalEngine) -> None:
    """Paused, stepped, its process killed, stepped and resumed by another server: as if never touched."""
    config = replace(SHORT, epochs=8)
    broken = engine.submit(config)
    folder = run_dir.find(engine.root, broken)
    wait_for(lambda: len(folder.events()) > 5)
    engine.pause(broken)
    wait_for(lambda: folder.state() == "paused")
    step = folder.events()[-1]["step"]
    process = folder.read("worker")["pid"]

    other = run_dir.find(engine.root, engine.submit(SHORT))  # the only place is free
    before = processor_seconds(process)
    wait_for(lambda: other.state() == "finished")
    assert processor_seconds(process) - before < 0.25  # it sleeps while the other computes for seconds
    engine.step(broken)
    engine.step(broken)
    wait_for(lambda: folder.events()[-1]["step"] == step + 2)

    os.kill(process, signal.SIGKILL)
    wait_for(lambda: not folder.worker_lives(), 5)
    assert folder.state() == "paused"
    restarted = LocalEngine(engine.root, slots=1)
    restarted.step(broken)
    restarted.step(broken)  # while the first one's process is on its way
    wait_for(lambda: folder.events()[-1]["step"] == step + 4)
    assert folder.state() == "paused"
    restarted.go_on(broken)
    wait_for(lambda: folder.state() == "finished")
    assert folder.weights_file.read_bytes() == weights_of_undisturbed_run(engine.root, config)
    with pytest.raises(RunError, match="this one is finished"):
        engine.go_on(broken)


def test_run_can_be_stopped_from_a_pause_without_a_process(engine: LocalEngine) -> None:
    run_id = engine.submit(LONG)
    folder = run_dir.find(engine.root, run_id)
    wait_for(lambda: len(folder.events()) > 3)
    engine.pause(run_id)
    wait_for(lambda: folder.state() == "paused")
    engine.kill(run_id)
    wait_for(lambda: not folder.worker_lives(), 5)
    with pytest.raises(RunError, match="still going"):
        delete_run(engine.root, run_id)
    engine.set_rate(run_id, factor=0.5)
    engine.stop(run_id)
    wait_for(lambda: folder.state() == "stopped")
    assert folder.read("card")["steps"] == folder.events()[-1]["step"]
    assert folder.read("changes")["changes"][0]["factor"] == 0.5


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"rate": 99.0}, {"factor": -1.0}])
def test_impossible_rate_is_refused(engine: LocalEngine, wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        engine.set_rate("any", **wrong)  # type: ignore[arg-type]


def test_worker_outlives_the_server(engine: LocalEngine) -> None:
    script = (
        "from pathlib import Path\n"
        "from cnnviz.runs.engine import LocalEngine\n"
        "from cnnviz.training.config import TrainConfig\n"
        f"engine = LocalEngine(Path({str(engine.root)!r}), 1)\n"
        f"print(engine.submit(TrainConfig.from_json({SHORT.as_json()!r})))\n"
        "import os, signal; os.sys.stdout.flush(); os.killpg(0, signal.SIGKILL)\n"
    )
    process = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    assert process.returncode == -signal.SIGKILL
    run_id = process.stdout.decode().strip()
    wait_for(lambda: open_run(engine.root, run_id).state == "finished")


def test_worker_is_niced(engine: LocalEngine) -> None:
    run_id = engine.submit(LONG)
    folder = run_dir.find(engine.root, run_id)
    wait_for(lambda: folder.state() == "running")
    assert os.getpriority(os.PRIO_PROCESS, folder.read("worker")["pid"]) >= min(19, os.nice(0) + 10)


def test_process_that_does_not_start_has_failed(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    run_id = engine.submit(SHORT)
    wait_for(lambda: open_run(engine.root, run_id).state == "failed", 5)
    assert "did not start" in open_run(engine.root, run_id).reason


def test_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="could not be started"):
        LocalEngine(tmp_path / "file").submit(SHORT)


@pytest.mark.parametrize("bad", ["../x", "", "abcdefghijkl"])
@pytest.mark.parametrize("action", ["stop", "kill", "resume", "pause", "go_on", "step", "set_rate"])
def test_unknown_runs_are_refused(engine: LocalEngine, action: str, bad: str) -> None:
    with pytest.raises(RunError, match="no such training run"):
        getattr(engine, action)(bad)
