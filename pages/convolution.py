"""Convolution: one kernel sliding over one image, to be moved by hand."""

from cnnviz.ui.pages.convolution.page import convolution_page
from cnnviz.ui.shell.frame import require_frame

require_frame()
convolution_page()
