"""Capsules: what is lost in pooling, and one way to keep it."""

from cnnviz.ui.pages.capsules.page import capsules_page
from cnnviz.ui.shell.frame import require_frame

require_frame()
capsules_page()
