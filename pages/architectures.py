"""Architectures: why a convolutional network has the shape it has."""

from cnnviz.ui.architectures_view import architectures_page
from cnnviz.ui.frame import require_frame

require_frame()
architectures_page()
