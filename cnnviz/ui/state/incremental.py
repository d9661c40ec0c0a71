"""A growing film: frames of an ascent, made a little at a time and shared by all who watch it.

    film = Film(lambda: climb(...))
    film.grow(0.2)          make frames for a fifth of a second
    film.frames, film.done

A page grows it between two pictures; thirty visitors of the same page grow one film together.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Lock

import streamlit as st
from streamlit.errors import StreamlitAPIException

from cnnviz.feature_visualization.activation_maximization import Frame


class Film:
    """Frames so far, first to last. `begin` is called at the first growth, and again after an error."""

    def __init__(self, begin: Callable[[], Iterator[Frame]]):
        self._begin = begin
        self._source: Iterator[Frame] | None = None
        self._lock = Lock()
        self.frames: tuple[Frame, ...] = ()
        self.done = False

    def grow(self, seconds: float) -> bool:
        """Add at least one frame, and more until the time is over; True once the film is complete."""
        with self._lock:
            deadline = time.monotonic() + seconds
            while not self.done:
                self._add()
                if time.monotonic() >= deadline:
                    break
            return self.done

    @property
    def last(self) -> Frame:
        """The newest frame; the first is made if there is none yet."""
        if not self.frames:
            self.grow(0)
        return self.frames[-1]

    @property
    def progress(self) -> float:
        """Share of the steps taken, 0 to 1."""
        return self.last.step / max(self.last.steps, 1)

    def _add(self) -> None:
        if self._source is None:
            self._source, self.frames = self._begin(), ()
        try:
            frame = next(self._source)
        except BaseException:
            self._source = None  # a generator that raised is exhausted: start again next time
            raise
        self.frames += (frame,)
        if frame.last:
            self.done, self._source = True, None


GROWTH_SECONDS = 0.1  # of climbing between two pictures


def grow(films: Sequence[Film], seconds: float = GROWTH_SECONDS) -> bool:
    """Grow unfinished films by this much time between them; True when all are complete."""
    unfinished = [film for film in films if not film.done]
    for film in unfinished:
        film.grow(seconds / len(unfinished))
    return all(film.done for film in films)


def go_on(films: Sequence[Film]) -> None:
    """Run again if a film is not complete; what is on screen stays and takes the new pictures."""
    if all(film.done for film in films):
        return
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # the page is running as a whole, so that is what to repeat
        st.rerun()
