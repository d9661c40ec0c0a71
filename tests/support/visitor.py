"""A visitor without a browser: speaks Streamlit's protocol to a running server, and counts what it says.

with visitor(address) as someone:
    someone.open("draw")
    messages = someone.rerun(press="random")   # the button of this key
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect

SECONDS = 300  # a first evaluation reads ten thousand digits, perhaps on a busy machine


@contextmanager
def visitor(address: str) -> Iterator["Visitor"]:
    place = address.replace("http", "ws", 1) + "/_stcore/stream"
    with connect(place, subprotocols=["streamlit"], max_size=None) as connection:  # type: ignore[list-item]
        yield Visitor(connection)


class Visitor:
    """One session. Each call returns the messages of the script run that it caused."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._page = self._query = ""
        self._ids: dict[str, str] = {}

    def open(self, page: str, query: str = "") -> list[ForwardMsg]:
        """Arrive at home, with the address's parameters, and go to a page by its name."""
        back, self._query = BackMsg(), query
        told = [message for message in self._send(back) if message.WhichOneof("type") == "navigation"]
        pages = {each.url_pathname: each.page_script_hash for each in told[-1].navigation.app_pages}
        self._page = pages[page]
        return self.rerun()

    def rerun(self, press: str = "", values: dict[str, Any] | None = None) -> list[ForwardMsg]:
        """Once more, as after the press of a button, or with what components send, by key."""
        back = BackMsg()
        back.rerun_script.page_script_hash = self._page
        states = back.rerun_script.widget_states.widgets
        if press:
            states.append(WidgetState(id=self._ids[press], trigger_value=True))
        for key, value in (values or {}).items():
            states.append(WidgetState(id=self._ids[key], json_value=json.dumps(value)))
        return self._send(back)

    def _send(self, back: BackMsg) -> list[ForwardMsg]:
        back.rerun_script.query_string = self._query
        self._connection.send(back.SerializeToString())
        messages: list[ForwardMsg] = []
        while not messages or messages[-1].WhichOneof("type") != "script_finished":
            messages.append(ForwardMsg.FromString(bytes(self._connection.recv(SECONDS))))
        for message in messages:
            self._note(message)
        return messages

    def _note(self, message: ForwardMsg) -> None:
        """Remember the address, and the widgets' ids by their keys, which end them."""
        if message.WhichOneof("type") == "page_info_changed":
            self._query = message.page_info_changed.query_string
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        name = str(getattr(getattr(element, kind), "id", "")) if kind else ""
        if name.startswith("$$ID-"):
            self._ids[name.split("-", 2)[2]] = name


def texts(messages: list[ForwardMsg]) -> list[str]:
    """Everything said in Markdown, in order."""
    elements = (message.delta.new_element for message in messages if message.WhichOneof("type") == "delta")
    return [element.markdown.body for element in elements if element.WhichOneof("type") == "markdown"]
