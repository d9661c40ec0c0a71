"""One training run is one folder. This module is its format; it needs neither PyTorch nor Streamlit.

    config.json             what was asked for, when, and as which part of which study; never changed
    control.json            the latest commands of whoever watches: go on, pause, stop; a learning rate
    changes.json            the changes of the learning rate that were taken up, and after which steps
    lock                    held by the worker for its whole life; so everybody knows whether it lives
    worker.json             the worker's process, and whether it waits in the queue, trains or pauses
    events.jsonl            one JSON object a record, appended
    weights.safetensors     the latest weights, a checkpoint that can travel alone
    resume.safetensors      weights, optimizer and step: where the run can be taken up again
    before.safetensors      the same from just before the latest change of the learning rate
    snapshots/              step-00000.safetensors and so on: the run's history
    card.json, end.json     the finished model's card; how the run ended
    worker.log              what the worker printed

Every file but events.jsonl and the log is replaced atomically, so that a reader never sees a half.
"""

import errno
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from cnnviz.errors import RunError
from cnnviz.io.atomic import write_atomically

State = Literal["queued", "running", "paused", "stopped", "finished", "failed", "interrupted"]
Command = Literal["go", "pause", "stop"]
ALIVE: tuple[State, ...] = ("queued", "running", "paused")

START_SECONDS = 15  # a process that has not taken its lock by then never will
RESERVE = 8_192  # bytes set aside, so that even on a full disk the run can say how it ended
_ID = re.compile(r"[A-Za-z0-9_-]{12}")
_probing = threading.Lock()


@dataclass(frozen=True)
class RunDir:
    """The files of one run."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def group(self) -> str:
        """The study this run is a part of; empty for a run of its own."""
        return str(self.read("config").get("study", ""))

    @property
    def events_file(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def weights_file(self) -> Path:
        return self.path / "weights.safetensors"

    @property
    def resume_file(self) -> Path:
        return self.path / "resume.safetensors"

    @property
    def before_file(self) -> Path:
        return self.path / "before.safetensors"

    @property
    def snapshot_folder(self) -> Path:
        return self.path / "snapshots"

    @property
    def log_file(self) -> Path:
        return self.path / "worker.log"

    # ---- what everyone may read ----

    def state(self) -> State:
        """The truth at this moment, also after a kill -9, a crash of the server or a reboot.

        Paused is paused with or without a process: all it would need to go on is on the disk.
        """
        if not (end := self.read("end")) and not self.worker_lives():
            end = self.read("end") or self._without_worker()
        state: State = (end or self.read("worker")).get("state", "queued")
        return state

    def worker_lives(self) -> bool:
        """Whether a process holds the run's lock; process numbers are reused, locks are not."""
        with _probing:  # else two visitors asking at once would each take the other for the worker
            try:
                with FileLock(self.path / "lock", timeout=0):
                    return False
            except Timeout:
                return True
            except OSError:  # the folder has just been deleted
                return False

    def read(self, name: str) -> dict[str, Any]:
        """The JSON file called `name`; empty when it does not exist or holds no JSON object."""
        try:
            record = json.loads((self.path / f"{name}.json").read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return record if isinstance(record, dict) else {}

    def events(self) -> list[dict[str, Any]]:
        """All records in order; a damaged or half-written line is left out."""
        try:
            lines = self.events_file.read_bytes().splitlines()
        except OSError:
            return []
        records = []
        for line in lines:
            with suppress(ValueError):
                record = json.loads(line)
                if isinstance(record, dict) and isinstance(record.get("step"), int):
                    records.append(record)
        return records

    def wanted(self) -> Command:
        command: Command = self.read("control").get("command", "go")
        return command

    def stop_wanted(self) -> bool:
        return self.wanted() == "stop"

    def worker_expected(self) -> bool:
        """Whether a process is there, or on its way, to read the next command of a paused run."""
        worker = self.read("worker")
        starting = 0 <= time.time() - worker.get("starting", 0) < START_SECONDS
        return starting or ("pid" in worker and self.worker_lives())

    def submitted(self) -> float:
        """When the run last asked for a place in the queue, in seconds since 1970."""
        return float(self.read("control").get("time", 0))

    # ---- what the page writes ----

    def ask(self, command: Command) -> None:
        with self.asking() as control:
            control.update(command=command, time=time.time(), until=0)

    def ask_step(self) -> None:
        """One step more before the paused run holds again; as many as there are clicks."""
        with self.asking() as control:
            last = max((record["step"] for record in self.events()), default=0)
            control.update(command="pause", time=time.time(), until=max(control.get("until", 0), last) + 1)

    def ask_rate(self, factor: float = 1.0, rate: float | None = None) -> None:
        """A factor on the planned learning rate, or a rate to hold, from the next step on."""
        with self.asking() as control:
            number = control.get("rate", {}).get("number", 0) + 1
            control["rate"] = {"number": number, "factor": factor, "rate": rate}

    @contextmanager
    def asking(self) -> Iterator[dict[str, Any]]:
        """control.json to be changed, by one visitor at a time. Raises OSError."""
        with FileLock(self.path / "control.lock", timeout=5):
            control = self.read("control")
            yield control
            self.write("control", control)

    def prepare_resume(self) -> None:
        """Back to the state before the worker started, keeping all that was learned.

        A run that was driven away by a change of its rate goes back to before that change.
        """
        self.ask("go")
        if self.read("end").get("diverged") and self.before_file.exists():
            self.ask_rate()
            self.before_file.replace(self.resume_file)
        (self.path / "worker.json").unlink(missing_ok=True)
        (self.path / "end.json").unlink(missing_ok=True)

    def write(self, name: str, record: dict[str, Any]) -> None:
        write_atomically(self.path / f"{name}.json", (json.dumps(record, indent=2) + "\n").encode())

    # ---- what the worker writes ----

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the run's lock. Raises RunError when another process has it."""
        try:
            with FileLock(self.path / "lock", timeout=5):
                yield
        except Timeout as error:
            raise RunError("This run is already being trained.") from error

    def begin(self) -> None:
        """First thing the worker does with the lock: say who it is, sweep up after a killed one."""
        stays_paused = self.read("worker").get("state") == "paused" and self.wanted() != "go"
        self.say("paused" if stays_paused else "queued")
        (self.path / "reserve").write_bytes(b"\0" * RESERVE)
        for stale in self.path.rglob(".tmp-*"):
            if time.time() - stale.stat().st_mtime > 60:
                stale.unlink(missing_ok=True)

    def pauses(self) -> bool:
        """Whether the run is to pause where it stands, rather than where it would begin."""
        return self.wanted() == "pause" and self.resume_file.exists()

    def say(self, state: State) -> None:
        """What the worker is doing, and since when."""
        self.write("worker", {"pid": os.getpid(), "state": state, "time": time.time()})

    def leave_paused(self, step: int) -> bool:
        """The worker goes, the run stays paused; False when somebody has just asked for more."""
        with self.asking() as control:
            if control.get("command") != "pause" or control.get("until", 0) > step:
                return False
            self.write("worker", {"state": "paused"})
            return True

    def append(self, record: dict[str, Any]) -> None:
        """Add one event; on a full disk (OSError) the file keeps its whole lines only."""
        with self.events_file.open("ab", buffering=0) as file:
            size = file.tell()
            line = (json.dumps(record) + "\n").encode()
            try:
                if file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                file.truncate(size)
                raise

    def cut_events(self, step: int) -> None:
        """Forget what was recorded after `step`, because it is about to be trained again."""
        kept = [json.dumps(record) + "\n" for record in self.events() if record["step"] <= step]
        write_atomically(self.events_file, "".join(kept).encode())

    def end(self, state: State, reason: str = "", **figures: Any) -> None:
        """Say how the run ended."""
        (self.path / "reserve").unlink(missing_ok=True)
        self.write("end", {"state": state, "reason": reason, "time": time.time(), **figures})

    def _without_worker(self) -> dict[str, State]:
        worker = self.read("worker")
        if worker.get("state") == "paused":
            return {"state": "paused"}
        is_starting = not worker and 0 <= time.time() - self.submitted() < START_SECONDS
        return {"state": "queued" if is_starting else "interrupted"}


def create(root: Path, config: dict[str, Any], **more: Any) -> RunDir:
    """A new folder under an unguessable name; `more` is kept beside the configuration. Raises OSError."""
    folder = RunDir(root / secrets.token_urlsafe(9))
    folder.path.mkdir(parents=True)
    folder.ask("go")
    folder.write("config", {"created": time.time(), "config": config, **more})
    return folder


def find(root: Path, run_id: str) -> RunDir:
    """The folder of a run. Raises RunError for a name that is no run here."""
    if _ID.fullmatch(run_id) and RunDir(root / run_id).read("config"):
        return RunDir(root / run_id)
    raise RunError("There is no such training run on this machine; it may have been deleted.")


def all_folders(root: Path) -> list[RunDir]:
    """Every run, newest first."""
    if not root.is_dir():
        return []
    folders = [RunDir(path) for path in root.iterdir() if _ID.fullmatch(path.name)]
    created = {folder: folder.read("config").get("created") for folder in folders}
    dated = {folder: date for folder, date in created.items() if isinstance(date, int | float)}
    return sorted(dated, key=lambda folder: -dated[folder])


def queue(root: Path) -> list[RunDir]:
    """The runs that wait, longest-waiting first."""
    waiting = [folder for folder in all_folders(root) if folder.state() == "queued"]
    return sorted(waiting, key=RunDir.submitted)
