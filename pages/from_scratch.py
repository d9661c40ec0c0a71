"""From scratch: a convolutional network in NumPy alone, read line by line on the current digit."""

from cnnviz.ui.frame import require_frame
from cnnviz.ui.from_scratch_view import from_scratch_page

require_frame()
from_scratch_page()
