"""Pooling: which pixels survive."""

from cnnviz.ui.frame import require_frame
from cnnviz.ui.pooling_view import pooling_page

require_frame()
pooling_page()
