"""Evaluate: how good the model is, and where it is wrong."""

from cnnviz.ui.evaluate_view import evaluate_page
from cnnviz.ui.frame import require_frame

require_frame()
evaluate_page()
