"""Capsules: what is lost in pooling, and one way to keep it."""

from cnnviz.ui.capsules_view import capsules_page
from cnnviz.ui.frame import require_frame

require_frame()
capsules_page()
