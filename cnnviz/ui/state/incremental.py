"""Long work, done a little at a time in a fragment that the browser asks for again.

    work = Incremental(lambda: optimize(...))   any iterator of frozen records
    watch(draw, [work])                         advance it, draw(), and so on until it is done
    work.records, work.last, work.done, work.error

Between two pictures everything else on the page stays alive. Visitors who ask for the same (shared())
hold the same Incremental and advance it together; whoever stops, stops alone.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any, Generic, Literal, TypeVar
from weakref import WeakSet

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.ui.state.cache import remember

Record = TypeVar("Record")
SECONDS = 0.2  # of work between two pictures
TICK_SECONDS = 0.05  # after which the browser asks for the next; while one is made it waits


class Incremental(Generic[Record]):
    """The records of an iterator so far, first to last; of many only the newest `kept`.

    `begin` is called at the first advance, and again after restart(): a generator that raised is
    over, so its error is kept, and with it the records, until somebody wants another attempt.
    """

    def __init__(
        self,
        begin: Callable[[], Iterator[Record]],
        kept: int = sys.maxsize,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._begin, self._kept, self._clock = begin, kept, clock
        self._source: Iterator[Record] | None = None
        self._lock = Lock()
        self.records: tuple[Record, ...] = ()
        self.done = False
        self.error: Exception | None = None

    @property
    def last(self) -> Record:
        """The newest record; IndexError before the first."""
        return self.records[-1]

    def advance(self, seconds: float = 0.0) -> None:
        """Add a record, and more until the time is over; nothing once it is done or has failed."""
        deadline = self._clock() + seconds
        with self._lock:  # waiting counts: meanwhile another visitor added records
            while not self.done and self.error is None:
                self._add()
                if self._clock() >= deadline:
                    break

    def restart(self) -> None:
        """After an error: the next advance begins anew."""
        self.error = None

    def _add(self) -> None:
        before = () if self._source is None else self.records
        try:
            if self._source is None:
                self._source = self._begin()
            self.records = (*before, next(self._source))[-self._kept :]
        except StopIteration:
            self.done, self._source = True, None
        except Exception as error:
            self.error, self._source = error, None
        except BaseException:  # Streamlit's, when the visitor has left or clicked
            self._source = None
            raise


@st.cache_resource(max_entries=64, show_spinner=False)
def shared(
    key: tuple[object, ...],  # noqa: ARG001 - the key
    _begin: Callable[[], Iterator[Record]],
    kept: int = sys.maxsize,
) -> Incremental[Record]:
    """The one Incremental of all visitors of this server who ask for `key`."""
    return Incremental(_begin, kept)


Works = Sequence[Incremental[Any]]
Draw = Callable[[], None]


def alive(works: Works) -> bool:
    """Whether any of them is to go on, as far as this visitor is concerned."""
    return bool(_going(works))


def stop(works: Works) -> None:
    """For this visitor; others who hold the same go on."""
    _stopped().update(works)


def resume(works: Works) -> None:
    _stopped().difference_update(works)


def watch(draw: Draw, works: Works, seconds: float | None = None, whole: bool = False) -> None:
    """draw() in a fragment of its own: while any of the works is alive again and again, each time further on.

    When the last is done or stopped, the whole page runs once more, and draw() without a clock.
    seconds: of work between two pictures, SECONDS by default; 0 is one record. whole: nothing from here
    on is drawn before it is done, so that the time machine waits for it. draw() may rely on each of the
    works having a record.
    """
    if alive(works):
        st.fragment(_live, run_every=TICK_SECONDS)(draw, works, seconds, whole)
    else:  # another function: a fragment of the same name would inherit the clock
        st.fragment(_still)(draw, works)


def progress(works: Works, share: float, text: str, key: str) -> None:
    """A bar, and beside it stop_button(). share: of the work that is done, 0 to 1."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_progress"):
        st.progress(share, text)
        stop_button(works, key)


def stop_button(works: Works, key: str, type: Literal["primary", "secondary"] = "secondary") -> None:
    """Stop while it goes on, else Resume; its key is `key`_stop or `key`_resume."""
    if alive(works):
        st.button("Stop", f"{key}_stop", type=type, icon=":material/stop:", on_click=stop, args=(works,))
    else:
        icon = ":material/play_arrow:"
        st.button("Resume", f"{key}_resume", type=type, icon=icon, on_click=resume, args=(works,))


def _live(draw: Draw, works: Works, seconds: float | None, whole: bool) -> None:
    going = _going(works)
    for work in going:
        work.advance((SECONDS if seconds is None else seconds) / len(going))
    if whole or not alive(works):
        st.rerun()
    _show(draw, works)


def _still(draw: Draw, works: Works) -> None:
    if alive(works):  # resumed
        st.rerun()
    _show(draw, works)


def _show(draw: Draw, works: Works) -> None:
    """Errors are for here: in a fragment they would bypass the frame."""
    for work in works:
        if work.error is not None:
            if not isinstance(work.error, CnnvizError):
                raise work.error
            st.error(str(work.error), icon=":material/error:")
            st.button("Try again", key=f"again_{id(work)}", on_click=work.restart)
    if all(work.records for work in works):
        try:
            draw()
        except CnnvizError as error:
            st.error(str(error), icon=":material/error:")


def _going(works: Works) -> Works:
    stopped = _stopped()
    return [work for work in works if not work.done and work.error is None and work not in stopped]


def _stopped() -> "WeakSet[Incremental[Any]]":
    """What this visitor has stopped; what nobody holds any more falls out of it."""
    return remember("_stopped", WeakSet)
