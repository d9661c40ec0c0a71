"""A page of several views: one screen each, chosen at the top and kept in the address."""

from collections.abc import Callable, Mapping

from cnnviz.ui.state.query_params import OneOf
from cnnviz.ui.widgets.choice_controls import segments


def show_view(
    views: Mapping[str, Callable[[], None]], choice: OneOf[str], **options: Callable[[str], str]
) -> None:
    """Let the visitor choose among the views by name, and draw that one."""
    views[segments("View", choice.among(views), label_visibility="collapsed", **options)]()
