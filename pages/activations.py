"""Activations: what lights up."""

from cnnviz.ui.pages.activations.page import activations_page
from cnnviz.ui.shell.frame import require_frame

require_frame()
activations_page()
