"""The machine's places for training: as many runs train at a time as it has slots, the others wait."""

import time
from contextlib import suppress

from filelock import FileLock, Timeout

from cnnviz.runs import run_dir
from cnnviz.runs.run_dir import RunDir

POLL_SECONDS = 0.3


class QueueSlot:
    """One run's place: taken in the order of the queue, held while it trains, given back in a pause."""

    def __init__(self, folder: RunDir, slots: int):
        self.folder = folder
        self.slots = slots
        self._lock: FileLock | None = None

    @property
    def held(self) -> bool:
        return self._lock is not None

    def take(self) -> bool:
        """Wait for a place, and have it; False when told to stop while waiting."""
        if self.folder.stop_wanted():
            return False
        self.folder.say("queued")
        while not self.folder.stop_wanted():
            if self._some_free() and self._is_next() and self._try_all():
                self.folder.say("running")
                return True
            time.sleep(POLL_SECONDS)
        return False

    def release(self) -> None:
        if self._lock:
            self._lock.release()
            self._lock = None

    def _some_free(self) -> bool:
        """Asked first, because it is cheap: two dozen runs may be waiting, beside hundreds that ended."""
        free = self._try_all()
        self.release()
        return free

    def _is_next(self) -> bool:
        waiting = run_dir.queue(self.folder.path.parent)
        return bool(waiting) and waiting[0].id == self.folder.id

    def _try_all(self) -> bool:
        for number in range(self.slots):
            lock = FileLock(self.folder.path.parent / f"slot-{number}.lock", timeout=0)
            with suppress(Timeout):
                lock.acquire()
                self._lock = lock
                return True
        return False
