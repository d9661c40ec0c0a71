"""Home: the current digit flowing through the network, and where to go first."""

from cnnviz.ui.pages.home import doors, greeting, strip
from cnnviz.ui.shell.frame import require_frame

require_frame()

greeting()
strip()
doors()
