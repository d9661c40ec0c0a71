"""Architectures: why a convolutional network has the shape it has."""

from cnnviz.ui.pages.architectures.page import architectures_page
from cnnviz.ui.shell.frame import require_frame

require_frame()
architectures_page()
