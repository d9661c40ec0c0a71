"""Dream: what a network sees in a picture, raised until everybody sees it; and that network from inside."""

from cnnviz.ui.pages.dream.page import dream_page
from cnnviz.ui.shell.frame import require_frame

require_frame()
dream_page()
