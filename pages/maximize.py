"""Maximize: what each filter and each digit would love to see."""

from cnnviz.ui.pages.maximize.page import maximize_page
from cnnviz.ui.shell.frame import require_frame

require_frame()
maximize_page()
