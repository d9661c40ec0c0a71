"""Activations: what lights up."""

from cnnviz.ui.activations_view import activations_page
from cnnviz.ui.frame import require_frame

require_frame()
activations_page()
