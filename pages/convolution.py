"""Convolution: one kernel sliding over one image, to be moved by hand."""

from cnnviz.ui.convolution_view import convolution_page
from cnnviz.ui.frame import require_frame

require_frame()
convolution_page()
