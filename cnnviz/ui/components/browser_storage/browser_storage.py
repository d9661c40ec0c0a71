"""The keeper of progress: an invisible component that stores the record in the visitor's browser."""

from collections.abc import Callable
from typing import Any

from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.components.shared.transport import sent

_show = component("browser_storage", state="kept")


def progress_keeper(record: dict[str, Any], *, key: str, on_kept: Callable[[], None]) -> None:
    """Store the record; on_kept runs when the browser knows more than it. See kept_record()."""
    _show(record, key=key, on_change=on_kept)


def kept_record(key: str) -> Any:
    """What the browser sent last, unchecked; None when it never did."""
    return sent(key, "kept")
