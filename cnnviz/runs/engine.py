"""Where training runs are executed.

Engine          start, stop, end and take up a run; what a page needs to know of it
LocalEngine     a niced process on this machine, with a queue
"""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cnnviz.errors import RunError
from cnnviz.runs import run_dir
from cnnviz.runs.run import open_run, prune
from cnnviz.runs.run_dir import ALIVE, RunDir
from cnnviz.runs.task import Task
from cnnviz.training.config import TrainConfig
from cnnviz.training.schedule import LearningRateChange

QUEUE_LIMIT = 4


class Engine(Protocol):
    """Runs are known by their id; how one stands is read from its folder (cnnviz.runs.run)."""

    @property
    def slots(self) -> int:
        """How many runs train at a time."""
        ...

    def submit(self, config: TrainConfig, group: str = "", task: Task | None = None) -> str:
        """Start a run, or put it in the queue; returns its id. Raises RunError.

        study: the set of runs it belongs to (cnnviz.runs.run_group); part: what it is there.
        """
        ...

    def stop(self, run_id: str) -> None:
        """Have a run save what it learned and end, within a record or two."""
        ...

    def pause(self, run_id: str) -> None:
        """Have a running run save where it is, give its place to others and wait."""
        ...

    def go_on(self, run_id: str) -> None:
        """Have a paused run take its turn again. Raises RunError."""
        ...

    def step(self, run_id: str) -> None:
        """Have a paused run train one step. Raises RunError."""
        ...

    def set_rate(self, run_id: str, factor: float = 1.0, rate: float | None = None) -> None:
        """From the next step on, train at the planned rate times a factor, or at this rate.

        Raises ConfigError for a number that cannot work.
        """
        ...

    def kill(self, run_id: str) -> None:
        """End a run at once; it keeps what it saved last, and can be resumed."""
        ...

    def resume(self, run_id: str) -> None:
        """Take up a run that was stopped or killed. Raises RunError."""
        ...


@dataclass(frozen=True)
class LocalEngine:
    """Runs on this machine: half its cores train, at most four runs or studies wait."""

    root: Path
    slots: int = field(default_factory=lambda: max(1, (os.cpu_count() or 1) // 2))

    def submit(self, config: TrainConfig, group: str = "", task: Task | None = None) -> str:
        self._check_queue(group)
        more = {"study": group, task.kind: task.as_json()} if task else {}
        if not group:
            prune(self.root)
        try:
            folder = run_dir.create(self.root, config.as_json(), **more)
            self._start(folder)
        except OSError as error:
            raise RunError(f"The run could not be started: {error.strerror}.") from error
        return folder.id

    def stop(self, run_id: str) -> None:
        folder = run_dir.find(self.root, run_id)
        state = folder.state()
        if state in ALIVE:
            folder.ask("stop")
        if state == "paused":
            self._wake(folder)

    def pause(self, run_id: str) -> None:
        folder = run_dir.find(self.root, run_id)
        if folder.state() == "running" and not folder.stop_wanted():
            folder.ask("pause")

    def go_on(self, run_id: str) -> None:
        folder = self._paused(run_id)
        self._check_queue(folder.group)
        folder.ask("go")
        self._wake(folder)

    def step(self, run_id: str) -> None:
        folder = self._paused(run_id)
        folder.ask_step()
        self._wake(folder)

    def set_rate(self, run_id: str, factor: float = 1.0, rate: float | None = None) -> None:
        LearningRateChange(0, factor, rate)
        folder = run_dir.find(self.root, run_id)
        if folder.state() in ALIVE:
            folder.ask_rate(factor, rate)

    def kill(self, run_id: str) -> None:
        folder = run_dir.find(self.root, run_id)
        pid = folder.read("worker").get("pid")
        if not isinstance(pid, int) or not folder.worker_lives():
            return
        try:
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        except OSError as error:
            raise RunError(f"The run could not be ended: {error.strerror}.") from error

    def resume(self, run_id: str) -> None:
        run = open_run(self.root, run_id)
        if not run.resumable:
            raise RunError(f"Only a run that was stopped or cut off can go on; this one is {run.state}.")
        self._check_queue(run.folder.group)
        try:
            run.folder.prepare_resume()
            self._start(run.folder)
        except OSError as error:
            raise RunError(f"The run could not be started: {error.strerror}.") from error

    def _paused(self, run_id: str) -> RunDir:
        folder = run_dir.find(self.root, run_id)
        if (state := folder.state()) != "paused":
            raise RunError(f"Only a paused run can be taken further; this one is {state}.")
        return folder

    def _wake(self, folder: RunDir) -> None:
        """Start a process for a paused run whose own has left or was killed, to read what was asked."""
        with folder.asking():  # one visitor at a time, and not while the process makes up its mind to leave
            if folder.worker_expected():
                return
            folder.write("worker", {"state": "paused", "starting": time.time()})
        try:
            self._start(folder)
        except OSError as error:
            raise RunError(f"The run could not be started: {error.strerror}.") from error

    def _check_queue(self, group: str) -> None:
        """A study waits as one, however many runs it is made of."""
        waiting = {folder.group or folder.id for folder in run_dir.queue(self.root)}
        if len(waiting - {group}) >= QUEUE_LIMIT:
            raise RunError(
                f"{QUEUE_LIMIT} runs are waiting already; stop one, or try again when one has ended."
            )

    def _options(self) -> list[str]:
        """Of the worker's command line."""
        return ["--slots", str(self.slots)]

    def _start(self, folder: RunDir) -> None:
        """Its own session, so that neither Ctrl+C nor the server's end reaches the worker."""
        command = [sys.executable, "-m", "cnnviz.runs.worker", str(folder.path.resolve()), *self._options()]
        with folder.log_file.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=Path(__file__).parents[2],  # so that it finds this very cnnviz
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        threading.Thread(target=_wait, args=(process, folder), daemon=True).start()


def _wait(process: "subprocess.Popen[bytes]", folder: RunDir) -> None:
    """Collect the ended process, so that no zombie stays; speak for one that never came to life."""
    process.wait()
    if not folder.read("worker") and not folder.read("end") and folder.path.exists():
        folder.end("failed", "The training process did not start; worker.log has the details.")
