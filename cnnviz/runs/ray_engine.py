"""Training runs on a Ray cluster, known by its address.

RayEngine    the Engine: each run has its small process here, which lives and is resumed as any run's
RayExecutor  that process's side: has the network trained on the cluster and receives the records

Here is what a page sees: run folder, lock and state, as for a local run. On the cluster is an actor
with one processor; its records arrive as Ray's streaming generator, at most a few ahead. Should it
die, another one takes up the run from the last record. The nodes need the same cnnviz installed.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnviz.errors import RunError
from cnnviz.runs.engine import LocalEngine
from cnnviz.runs.queue import QueueSlot
from cnnviz.runs.run_dir import RunDir

if TYPE_CHECKING:
    from cnnviz.runs.controller import RunController
    from cnnviz.runs.task import Task
    from cnnviz.training.config import TrainConfig
    from cnnviz.training.loop import Position, Progress
    from cnnviz.training.schedule import LearningRateChange

AHEAD = 4  # records the cluster may be ahead of what is written down
DEATHS = 3  # of actors, one after the other without a record between
CONNECT_SECONDS = 5.0
POLL_SECONDS = 0.3


@dataclass(frozen=True)
class RayEngine(LocalEngine):
    """Runs on the cluster at `address` ("host:port" or "auto", which looks on this machine)."""

    slots: int = 16  # processes here that wait for records, about 300 MB each
    address: str = "auto"

    def _options(self) -> list[str]:
        return [*super()._options(), "--ray", self.address]


class Trainer:
    """The actor: what runs on the cluster."""

    def ready(self) -> bool:
        return True

    def records(
        self,
        config: "TrainConfig",
        task: "Task | None",
        resume: "Position | None",
        changes: "list[LearningRateChange]",
        until: int | None,
    ) -> Iterator["Progress"]:
        import torch

        from cnnviz.runs.recorder import local_records
        from cnnviz.training.schedule import TrainingControl

        torch.set_num_threads(1)  # as in a local run, so that the weights come out the same
        yield from local_records(config, task, resume, TrainingControl(changes, until))


class RayExecutor(QueueSlot):
    """A run's place on the cluster; it waits its turn here first. Raises RunError when none answers."""

    def __init__(self, folder: RunDir, slots: int, address: str):
        super().__init__(folder, slots)
        self.address = address
        self._ray: Any = None
        self._actor: Any = None

    def take(self) -> bool:
        """Wait for a place here and for a processor there; False when told to stop while waiting."""
        if not super().take():
            return False
        self.folder.say("queued")
        if not self._engage():
            self.release()
            return False
        self.folder.say("running")
        return True

    def release(self) -> None:
        """Give both back, whatever the actor was doing."""
        self._dismiss()
        super().release()

    def records(
        self,
        config: "TrainConfig",
        task: "Task | None",
        resume: "Position | None",
        controller: "RunController",
    ) -> Iterator["Progress"]:
        """As local_records(), from the cluster; each request takes effect at the last record."""
        position, deaths = resume, 0
        while True:
            if self._actor is None:  # it died, or was given back in a pause
                self._engage(patient=True)
            commands = controller.commands()
            method = self._actor.records.options(
                num_returns="streaming", _generator_backpressure_num_objects=AHEAD
            )
            stream = method.remote(config, task, position, *commands)
            try:
                for reference in stream:
                    progress = self._ray.get(reference)
                    position, deaths = progress.position(), 0
                    yield progress
                    if self._actor is None or controller.commands() != commands:
                        break
                else:
                    return
            except self._ray.exceptions.RayTaskError as error:
                raise error.cause from error
            except self._ray.exceptions.RayActorError as error:
                deaths += 1
                if deaths > DEATHS:
                    raise RunError(
                        f"The cluster's process died {deaths} times in a row; it may lack memory. "
                        "What was learned before is kept."
                    ) from error
            self._dismiss()

    def _engage(self, patient: bool = False) -> bool:
        """Have an actor on the cluster; False when told to stop before it is there, unless patient."""
        ray = self._connected()
        kind = ray.remote(num_cpus=1, max_restarts=0)(Trainer)
        self._actor = kind.remote()
        ready = self._actor.ready.remote()
        while not ray.wait([ready], timeout=POLL_SECONDS)[0]:
            if self.folder.stop_wanted() and not patient:
                return False
        return True

    def _dismiss(self) -> None:
        """End the actor, whose records beyond the last one are not wanted; the place here stays."""
        if self._actor is not None:
            self._ray.kill(self._actor)
            self._actor = None

    def _connected(self) -> Any:
        if self._ray is None:
            try:
                import ray
            except ImportError as error:
                raise RunError("Ray is not installed here; install cnnviz[ray].") from error
            _check_address(self.address)
            try:
                ray.init(self.address, log_to_driver=False, configure_logging=False)
            except (OSError, RuntimeError, ValueError) as error:  # ConnectionError is an OSError
                raise RunError(_silent(self.address)) from error
            self._ray = ray
        return self._ray


def _check_address(address: str) -> None:
    """Ray itself would try for minutes. Raises RunError."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "://" in address:
        raise RunError(f"{address} is not the address of a Ray cluster; give host:port, or auto.")
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise RunError(_silent(address)) from error


def _silent(address: str) -> str:
    return (
        f"No Ray cluster answers at {address}. Start one there (ray start --head), or unset "
        "CNNVIZ_RAY_ADDRESS to train on this machine."
    )
