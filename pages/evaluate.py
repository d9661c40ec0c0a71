"""Evaluate: how good the model is, and where it is wrong."""

from cnnviz.ui.pages.evaluate.page import evaluate_page
from cnnviz.ui.shell.frame import require_frame

require_frame()
evaluate_page()
