"""From scratch: a convolutional network in NumPy alone, read line by line on the current digit."""

from cnnviz.ui.pages.from_scratch.page import from_scratch_page
from cnnviz.ui.shell.frame import require_frame

require_frame()
from_scratch_page()
