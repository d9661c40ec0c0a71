"""Pooling: which pixels survive."""

from cnnviz.ui.pages.pooling.page import pooling_page
from cnnviz.ui.shell.frame import require_frame

require_frame()
pooling_page()
