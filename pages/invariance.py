"""Invariance: what a network makes of a digit that moves, turns, or changes its size."""

from cnnviz.ui.frame import require_frame
from cnnviz.ui.invariance_view import invariance_page

require_frame()
invariance_page()
