"""What one run of a script works out once: the same model, digit and answer for all that is drawn.

    once(key, make)   what `make` returned when this run asked first
    forget()          after a callback has changed files in the middle of a run

The key holds the choices the value was made from, so that a callback that changes the choice gets
another value. Every rerun, also a fragment's, begins with nothing: files may have changed since.
"""

from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import Any, TypeVar

from streamlit.runtime.scriptrunner import get_script_run_ctx

Value = TypeVar("Value")

# A context variable is its thread's own, and a thread runs scripts for one visitor only.
_memory: ContextVar[tuple[object, dict[Hashable, Any]] | None] = ContextVar("memory", default=None)


def once(key: Hashable, make: Callable[[], Value]) -> Value:
    """The run's value under `key`. An exception is not kept; without a run nothing is."""
    memory = _memory_of_run()
    if key not in memory:
        memory[key] = make()
    value: Value = memory[key]
    return value


def known(key: Hashable) -> Any:
    """What was already made under `key`, or None."""
    return _memory_of_run().get(key)


def forget() -> None:
    """Begin anew in the middle of a run."""
    _memory_of_run().clear()


def _memory_of_run() -> dict[Hashable, Any]:
    context = get_script_run_ctx(suppress_warning=True)
    run = getattr(context, "parallel_coordinator", None)  # made for every run, and for nothing else
    if run is None:
        return {}
    kept = _memory.get()
    if kept is None or kept[0] is not run:
        kept = run, {}
        _memory.set(kept)
    return kept[1]
