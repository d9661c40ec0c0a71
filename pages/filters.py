"""Filters: every kernel of a layer, and all about the selected one."""

from cnnviz.ui import session
from cnnviz.ui.filters_view import filters
from cnnviz.ui.frame import require_frame

require_frame()
filters(session.current_model(), session.current_trace())
