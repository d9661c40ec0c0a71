"""The truth about a run: alive, ended or killed; and files that are whole or not there."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cnnviz.errors import RunError
from cnnviz.runs import run_dir
from cnnviz.runs.run_dir import RESERVE, RunDir
from tests.support.small_disk import small_disk


@pytest.fixture
def folder(tmp_path: Path) -> RunDir:
    return run_dir.create(tmp_path, {"any": "thing"})


def test_new_run_is_queued_until_its_process_should_have_started(folder: RunDir) -> None:
    assert folder.state() == "queued"
    folder.write("control", {"command": "go", "time": time.time() - run_dir.START_SECONDS - 1})
    assert folder.state() == "interrupted"


def test_states_of_a_living_worker(folder: RunDir) -> None:
    with folder.held():
        assert folder.state() == "queued"
        folder.begin()
        assert folder.state() == "queued"
        folder.say("running")
        assert folder.state() == "running"
    assert folder.state() == "interrupted"  # no lock and no word about an end


def test_paused_stays_paused_without_its_worker(folder: RunDir) -> None:
    with folder.held():
        folder.begin()
        folder.say("running")
        folder.ask("pause")
        assert folder.state() == "running"  # until the worker says otherwise
        folder.say("paused")
        assert folder.state() == "paused"
        assert folder.worker_expected()
    assert folder.state() == "paused"
    assert not folder.worker_expected()

    with folder.held():  # the next process, here for a single step
        folder.begin()
        assert folder.state() == "paused"
    folder.ask("go")
    with folder.held():
        folder.begin()
        assert folder.state() == "queued"


def test_wishes_do_not_overwrite_each_other(folder: RunDir) -> None:
    """Two visitors at once: one changes the rate, the other asks for single steps."""
    folder.ask("pause")
    folder.append({"step": 7})
    with ThreadPoolExecutor(4) as pool:
        for number in range(20):
            pool.submit(folder.ask_rate, 0.5 + number)
            pool.submit(folder.ask_step)
    control = folder.read("control")
    assert (control["command"], control["until"], control["rate"]["number"]) == ("pause", 27, 20)


def test_worker_leaves_a_long_pause_unless_somebody_asks(folder: RunDir) -> None:
    folder.ask("pause")
    folder.append({"step": 7})
    assert folder.leave_paused(7)
    folder.ask_step()
    assert not folder.leave_paused(7)
    assert folder.leave_paused(8)
    folder.ask("go")
    assert not folder.leave_paused(8)


@pytest.mark.parametrize("end", ["stopped", "finished", "failed"])
def test_end_is_what_the_worker_said(folder: RunDir, end: run_dir.State) -> None:
    with folder.held():
        folder.begin()
        folder.say("running")
        folder.end(end, "why", step=3)
        assert folder.state() == end
    assert folder.state() == end
    assert folder.read("end")["reason"] == "why"
    assert folder.read("end")["step"] == 3

    folder.prepare_resume()
    assert folder.state() == "queued"


def test_killed_process_holds_no_lock(folder: RunDir) -> None:
    script = f"""
        import time
        from pathlib import Path
        from cnnviz.runs.run_dir import RunDir
        folder = RunDir(Path({str(folder.path)!r}))
        with folder.held():
            folder.begin()
            folder.say("running")
            print("holding", flush=True)
            time.sleep(60)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        assert folder.state() == "running"
        process.send_signal(signal.SIGKILL)
    assert folder.state() == "interrupted"


def test_two_holders_are_refused(folder: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    real = run_dir.FileLock
    monkeypatch.setattr(run_dir, "FileLock", lambda path, timeout: real(path, timeout=min(timeout, 0.1)))
    with folder.held(), pytest.raises(RunError, match="already"), folder.held():
        pass


def test_many_watchers_never_take_each_other_for_the_worker(folder: RunDir) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: folder.worker_lives(), range(400)))
    assert answers == [False] * 400


def test_events_survive_damage(folder: RunDir) -> None:
    folder.append({"step": 0, "loss": 2.3})
    with folder.events_file.open("ab") as file:
        file.write(b'{"step": 1, "lo\n\xff\xfe\n[1]\n"text"\n{"step": "two"}\n')
    folder.append({"step": 3, "loss": 2.0})
    assert [record["step"] for record in folder.events()] == [0, 3]

    folder.cut_events(0)
    assert [json.loads(line)["step"] for line in folder.events_file.read_text().splitlines()] == [0]


def test_missing_and_damaged_json_is_empty(folder: RunDir) -> None:
    assert folder.read("end") == {}
    (folder.path / "end.json").write_text('{"state": "fin')
    assert folder.read("end") == {}
    (folder.path / "end.json").write_text("[1, 2]")
    assert folder.read("end") == {}


def test_full_disk_leaves_whole_lines(folder: RunDir) -> None:
    script = f"""
        import resource
        from pathlib import Path
        from cnnviz.runs.run_dir import RunDir
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
        folder = RunDir(Path({str(folder.path)!r}))
        for step in range(100):
            folder.append({{"step": step, "padding": "x" * 40}})
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True)
    assert "OSError" in done.stderr
    content = folder.events_file.read_text()
    assert content.endswith("}\n")
    assert [json.loads(line)["step"] for line in content.splitlines()] == list(range(len(folder.events())))
    assert 5 < len(folder.events()) < 10


def test_reserve_lets_the_run_speak_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path, "64k") as small:
        folder = run_dir.create(small, {})
        folder.begin()
        assert (folder.path / "reserve").stat().st_size == RESERVE
        with pytest.raises(OSError, match="space"):
            (small / "filler").write_bytes(b"x" * 100_000)
        with pytest.raises(OSError, match="space"):
            folder.write("card", {"text": "x" * 5_000})
        folder.end("failed", "The disk is full.")
        assert folder.read("end")["reason"] == "The disk is full."
        assert not list(folder.path.glob(".tmp-*"))


@pytest.mark.parametrize("bad", ["", "..", "../x", "a/b", "/etc", "x" * 13, "abc\0defghijk", "пример_имени"])
def test_no_path_from_outside_becomes_a_run(tmp_path: Path, bad: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "config.json").write_text("{}")
    with pytest.raises(RunError, match="no such training run"):
        run_dir.find(tmp_path / "runs", bad)


def test_find_create_and_order(tmp_path: Path) -> None:
    assert run_dir.all_folders(tmp_path / "none") == []
    made = [run_dir.create(tmp_path / "runs", {"number": number}) for number in range(3)]
    (tmp_path / "runs" / "slot-0.lock").touch()
    (tmp_path / "runs" / "abcdefghijkl").mkdir()  # just being made: no config yet
    assert len({folder.id for folder in made}) == 3
    assert run_dir.all_folders(tmp_path / "runs") == made[::-1]
    assert run_dir.find(tmp_path / "runs", made[1].id) == made[1]
    assert made[1].read("config")["config"] == {"number": 1}


def test_queue_is_in_order_of_the_last_request(tmp_path: Path) -> None:
    first, second, third = (run_dir.create(tmp_path, {}) for _ in range(3))
    third.end("finished")
    first.end("stopped")
    first.prepare_resume()
    assert run_dir.queue(tmp_path) == [second, first]


def test_stop_is_a_wish_until_the_next_start(folder: RunDir) -> None:
    assert not folder.stop_wanted()
    folder.ask("stop")
    assert folder.stop_wanted()
    folder.prepare_resume()
    assert not folder.stop_wanted()


def test_begin_sweeps_up_after_a_killed_worker(folder: RunDir) -> None:
    old, new = folder.path / ".tmp-old", folder.path / ".tmp-new"
    old.touch()
    new.touch()
    os.utime(old, (time.time() - 3_600,) * 2)
    folder.begin()
    assert not old.exists()
    assert new.exists()
