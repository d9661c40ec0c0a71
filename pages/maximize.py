"""Maximize: what each filter and each digit would love to see."""

from cnnviz.ui.frame import require_frame
from cnnviz.ui.maximize_view import maximize_page

require_frame()
maximize_page()
