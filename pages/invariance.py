"""Invariance: what a network makes of a digit that moves, turns, or changes its size."""

from cnnviz.ui.pages.invariance.page import invariance_page
from cnnviz.ui.shell.frame import require_frame

require_frame()
invariance_page()
