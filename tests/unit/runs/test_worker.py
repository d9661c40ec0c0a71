"""The worker process: its queue, and what it says when something goes wrong."""

import errno
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from cnnviz.errors import CheckpointError, ConfigError, RunError
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import queue, run_dir, worker
from cnnviz.runs.queue import QueueSlot
from cnnviz.runs.run import open_run
from cnnviz.runs.run_dir import RunDir
from cnnviz.training.config import TrainConfig
from tests.support.small_disk import small_disk

CONFIG = TrainConfig(
    network=NETWORKS["eight"], epochs=1, batch_size=50, train_size=1_000, validation_size=100
)


def run_worker(folder: RunDir) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cnnviz.runs.worker", str(folder.path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_whole_run(tmp_path: Path) -> None:
    folder = run_dir.create(tmp_path, CONFIG.as_json())
    done = run_worker(folder)
    assert (done.returncode, done.stderr) == (0, "")
    run = open_run(tmp_path, folder.id)
    assert run.state == "finished"
    card = run.card()
    assert card["test"]["mnist"]["n"] == 10_000
    assert run.test_accuracy == card["test"]["mnist"]["accuracy"]
    assert TrainConfig.from_json(card["training"]) == CONFIG


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({}, "This is not a training configuration"),
        ({**CONFIG.as_json(), "epochs": 0}, "Epochs must be from 1 to 100"),
        (None, "This is not a training configuration"),
    ],
)
def test_impossible_orders_end_in_a_sentence(tmp_path: Path, record: object, sentence: str) -> None:
    folder = run_dir.create(tmp_path, record)  # type: ignore[arg-type]
    assert run_worker(folder).returncode == 1
    assert folder.state() == "failed"
    assert sentence in folder.read("end")["reason"]
    assert "\n" not in folder.read("end")["reason"]


def test_full_disk(tmp_path: Path) -> None:
    """A real one: what fits is kept and can be read, and the run says why it ended."""
    with small_disk(tmp_path, "1m") as small:
        folder = run_dir.create(small, replace(CONFIG, network=NETWORKS["classic"]).as_json())
        assert run_worker(folder).returncode == 1
        run = open_run(small, folder.id)
        assert (run.state, run.reason) == ("failed", worker.reason_of(OSError(errno.ENOSPC, "")))
        run.latest_network()
        assert not list(folder.path.rglob(".tmp-*"))
        assert folder.events_file.read_text().endswith("}\n")


def test_more_memory_than_agreed_is_refused(tmp_path: Path) -> None:
    folder = run_dir.create(tmp_path, CONFIG.as_json())
    script = (
        "import sys, torch\n"
        "from cnnviz.runs import recorder, worker\n"
        "recorder.train = lambda folder, slot: torch.ones(700_000_000)\n"
        "worker._be_modest()\n"
        f"sys.exit(worker.main([{str(folder.path)!r}]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 1
    assert "more memory than it may use" in folder.read("end")["reason"]


def test_second_worker_leaves_the_first_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = run_dir.create(tmp_path, CONFIG.as_json())
    real = run_dir.FileLock
    monkeypatch.setattr(run_dir, "FileLock", lambda path, timeout: real(path, timeout=min(timeout, 0.1)))
    with folder.held():
        folder.begin()
        with pytest.raises(RunError, match="already"):
            worker.main([str(folder.path)])
        assert folder.state() == "queued"


def test_slots_are_given_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "POLL_SECONDS", 0.01)
    first, second, third = (run_dir.create(tmp_path, {}) for _ in range(3))
    order = []
    leave = threading.Event()

    def work(folder: RunDir) -> None:
        with folder.held():
            slot = QueueSlot(folder, 1)
            assert slot.take()
            order.append(folder.id)
            assert leave.wait(10)
            slot.release()
            folder.end("finished")

    with first.held():
        threads = [threading.Thread(target=work, args=(folder,)) for folder in (third, second)]
        for thread in threads:
            thread.start()
        threads[0].join(0.3)
        assert order == []  # the first one's turn, though it does not take it
    first.end("stopped")
    leave.set()
    for thread in threads:
        thread.join(10)
    assert order == [second.id, third.id]


def test_two_slots_let_two_train(tmp_path: Path) -> None:
    first, second, third = (run_dir.create(tmp_path, {}) for _ in range(3))
    with first.held(), second.held(), third.held():
        for folder in (first, second, third):
            folder.begin()
        one, two, three = QueueSlot(first, 2), QueueSlot(second, 2), QueueSlot(third, 2)
        assert one.take()
        assert two.take()
        assert [folder.state() for folder in (first, second, third)] == ["running", "running", "queued"]
        one.release()
        assert not one.held
        assert three.take()
        two.release()
        three.release()


def test_waiting_run_can_be_called_off(tmp_path: Path) -> None:
    first, second = (run_dir.create(tmp_path, {}) for _ in range(2))
    with first.held(), second.held():
        first.begin()
        second.begin()
        one, two = QueueSlot(first, 1), QueueSlot(second, 1)
        assert one.take()
        second.ask("stop")
        assert not two.take()
        assert not two.held
        one.release()


def test_stop_while_waiting(tmp_path: Path) -> None:
    folder = run_dir.create(tmp_path, CONFIG.as_json())
    folder.ask("stop")
    assert worker.main([str(folder.path)]) == 0
    assert folder.state() == "stopped"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConfigError("epochs must be from 1 to 100."), "epochs must be from 1 to 100."),
        (CheckpointError("damaged"), "damaged"),
        (OSError(errno.ENOSPC, "No space left"), "The disk is full"),
        (OSError(errno.EACCES, "Permission denied"), "Permission denied"),
        (MemoryError(), "memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"), "memory"),
        (ZeroDivisionError("x"), "ZeroDivisionError"),
    ],
)
def test_reasons_are_sentences(error: Exception, words: str) -> None:
    assert words in worker.reason_of(error)


def test_waiting_needs_no_pytorch() -> None:
    script = "import sys, cnnviz.runs.worker; sys.exit('torch' in sys.modules or 'streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
