"""Cross-validate: one recipe trained once a fold, and how much of its figure is luck."""

from cnnviz.ui.pages.cross_validate.page import page
from cnnviz.ui.shell.frame import require_frame

require_frame()
page()
