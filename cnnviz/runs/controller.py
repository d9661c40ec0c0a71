"""A run steered through its folder: pause, single steps, stop, and the learning rate, while it trains.

A paused run holds no slot and computes nothing: its process sleeps for a while, so that single
steps and going on are quick, and then leaves; the next command starts another one. A single step
needs no slot, being over before anybody would notice.
"""

import time
from typing import Any, Literal

from cnnviz.runs.queue import QueueSlot
from cnnviz.runs.run_dir import RunDir
from cnnviz.training.schedule import LearningRateChange, TrainingControl

LINGER_SECONDS = 300.0  # a paused process keeps half a gigabyte of memory that long
POLL_SECONDS = 0.2

Action = Literal["train", "stop", "leave"]


class RunController(TrainingControl):
    """Reads control.json after every step, and writes down each change of the rate that it takes up."""

    def __init__(self, folder: RunDir, slot: QueueSlot | None, step: int):
        """step: where the run stands. Without a slot (a cluster has its own queue) none is waited for."""
        record = folder.read("changes")
        super().__init__([LearningRateChange(**change) for change in record.get("changes", [])])
        self.folder = folder
        self.slot = slot
        self._number = record.get("number", 0)  # of the last request taken up
        self._seen: tuple[int, int] | None = None
        self._control: dict[str, Any] = {}
        self.look(step)

    def look(self, step: int) -> bool:
        """Take up what is new; whether the page should hear of it, or the run is to hold here."""
        return self._has_news(step) or self.pauses(step)

    def pauses(self, step: int) -> bool:
        """Whether the run is to hold after `step` steps."""
        return self._control.get("command") == "pause" and self._control.get("until", 0) <= step

    def commands(self) -> tuple[list[LearningRateChange], int | None]:
        """What is wished so far, for a TrainingControl of one who trains elsewhere and cannot look here."""
        single = self._control.get("command") == "pause"
        return list(self.changes), self._control.get("until") if single else None

    def decide(self, step: int) -> Action:
        """What to do after `step` steps; in a pause the answer takes as long as the pause."""
        if self.pauses(step):
            if self.slot:
                self.slot.release()
            self.folder.say("paused")
            if not self._wait(step):
                return "leave"
        if self._control.get("command") == "stop":
            return "stop"
        if self._control.get("command") == "pause":  # single steps
            return "train"
        if self.slot and not self.slot.held and not self.slot.take():
            return "stop"
        if not self.slot:
            self.folder.say("running")
        return "train"

    def _has_news(self, step: int) -> bool:
        status = (self.folder.path / "control.json").stat()
        seen = status.st_mtime_ns, status.st_ino  # it is replaced as a whole
        if seen == self._seen:
            return False
        self._seen, self._control = seen, self.folder.read("control")
        self._take_up_rate(step)
        return True

    def _take_up_rate(self, step: int) -> None:
        """A new request replaces what was recorded for later steps; those who repeat a run bring none."""
        request = self._control.get("rate", {})
        if request.get("number", 0) <= self._number:
            return
        self._number = request["number"]
        change = LearningRateChange(step, request["factor"], request["rate"])
        self.changes = [earlier for earlier in self.changes if earlier.step < step] + [change]
        changes = [one.as_json() for one in self.changes]
        self.folder.write("changes", {"number": self._number, "changes": changes})

    def _wait(self, step: int) -> bool:
        """Sleep through the pause; False when it has become too long to keep a process for."""
        leave_at = time.monotonic() + LINGER_SECONDS
        while self.pauses(step):
            time.sleep(POLL_SECONDS)
            self.look(step)
            if time.monotonic() > leave_at and self.folder.leave_paused(step):
                return False
        return True
