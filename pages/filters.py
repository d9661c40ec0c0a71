"""Filters: every kernel of a layer, and all about the selected one."""

from cnnviz.ui.pages.filters.page import filters
from cnnviz.ui.shell.frame import require_frame
from cnnviz.ui.state.current_model import current_model, current_trace

require_frame()
filters(current_model(), current_trace())
