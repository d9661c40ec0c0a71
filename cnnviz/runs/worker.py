"""The process that trains one run: `python -m cnnviz.runs.worker RUN_FOLDER [--slots N] [--ray ADDRESS]`.

It trains in a process of its own, so that the pages stay quick, and so that a crash or an
out-of-memory kill takes the run and not the server. It outlives the server. While the machine
is busy with other runs it waits in the queue, before PyTorch is imported: waiting costs little.
"""

import argparse
import errno
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from cnnviz.errors import CnnvizError, DivergedError
from cnnviz.runs.queue import QueueSlot
from cnnviz.runs.run_dir import RunDir

MEMORY_LIMIT = 2_000_000_000  # bytes of data


def main(arguments: list[str] | None = None) -> int:
    """Train one run to its end. Returns 0 unless it failed; the run folder says how it went."""
    parser = argparse.ArgumentParser(prog="python -m cnnviz.runs.worker", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--slots", type=int, default=1, help="runs this machine trains at a time")
    parser.add_argument("--ray", default="", metavar="ADDRESS", help="train on this Ray cluster")
    options = parser.parse_args(arguments)
    folder = RunDir(options.folder.resolve())
    with folder.held():
        slot = _place(folder, options.slots, options.ray)
        try:
            folder.begin()
            if folder.pauses() or slot.take() or folder.resume_file.exists():
                _train(folder, slot)
            else:
                folder.end("stopped", "Stopped before it began.")
        except Exception as error:  # whatever it is, the run must say so
            traceback.print_exc()
            folder.end("failed", reason_of(error), diverged=isinstance(error, DivergedError))
            return 1
        finally:
            slot.release()
    return 0


def reason_of(error: Exception) -> str:
    """One plain sentence for whoever watches the run."""
    if isinstance(error, CnnvizError):
        return str(error)
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return "The disk is full. What was learned before is kept; make room and resume."
        return f"The run could not be written: {error.strerror}. What was learned before is kept."
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return "Training needed more memory than it may use; choose a smaller batch or network."
    return f"Training broke off with an internal error ({type(error).__name__}); worker.log has the details."


def _place(folder: RunDir, slots: int, ray_address: str) -> QueueSlot:
    if not ray_address:
        return QueueSlot(folder, slots)
    from cnnviz.runs.ray_engine import RayExecutor

    return RayExecutor(folder, slots, ray_address)


def _train(folder: RunDir, slot: QueueSlot) -> None:
    # Here and not above: importing PyTorch takes seconds and half a gigabyte.
    from cnnviz.runs.recorder import train

    train(folder, slot)


def _be_modest() -> None:
    """Leave the processor to whoever draws, and never take more memory than agreed."""
    if hasattr(os, "nice"):
        os.nice(10)
    with suppress(ImportError, ValueError, OSError):  # not on Windows; a lower limit may be set already
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, resource.getrlimit(resource.RLIMIT_DATA)[1]))


if __name__ == "__main__":
    _be_modest()
    sys.exit(main())
