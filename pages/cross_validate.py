"""Cross-validate: one recipe trained once a fold, and how much of its figure is luck."""

from cnnviz.ui.cross_validate_view import page
from cnnviz.ui.frame import require_frame

require_frame()
page()
