"""Which run, cross-validation or sweep a visitor looks at, named in the address.

Watching(Train.run, runs.open_run)     .current(), .look_at(id), .look_away(id), .known
STATE_COLORS                      of the badges in their lists
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.runs.run_dir import State
from cnnviz.ui.state.environment import runs_root
from cnnviz.ui.state.query_params import Parameter, show

STATE_COLORS: dict[State, Literal["gray", "blue", "green", "red", "orange"]] = {
    "queued": "gray",
    "running": "blue",
    "paused": "gray",
    "finished": "green",
    "stopped": "gray",
    "failed": "red",
    "interrupted": "orange",
}


class _Named(Protocol):
    @property
    def id(self) -> str: ...


Thing = TypeVar("Thing", bound=_Named)


@dataclass(frozen=True)
class Watching(Generic[Thing]):
    """parameter: of its id. open: by folder of runs and id; raises CnnvizError."""

    parameter: Parameter
    open: Callable[[Path, str], Thing]

    @property
    def _key(self) -> str:
        return f"_watched_{self.parameter.name}"

    @property
    def known(self) -> str | None:
        """The id this visitor looked at last."""
        known: str | None = st.session_state.get(self._key)
        return known

    def current(self) -> Thing | None:
        """The one this visitor started or opened last, at first the one in the address."""
        asked = self.parameter.asked(self.known)
        chosen = asked or self.known
        if not chosen:
            return None
        try:
            found = self.open(runs_root(), chosen)
        except CnnvizError as error:
            if asked:
                st.warning(str(error), icon=":material/error:")
                show({self.parameter.name: None})
            st.session_state.pop(self._key, None)
            return None
        self.look_at(chosen)
        return found

    def look_at(self, chosen: str) -> None:
        """From now on; its id in the address lets a reload and others find it."""
        st.session_state[self._key] = chosen
        show({self.parameter.name: chosen})

    def look_away(self, gone: str) -> None:
        """Forget one that is gone."""
        if self.known == gone:
            del st.session_state[self._key]
            show({self.parameter.name: None})
