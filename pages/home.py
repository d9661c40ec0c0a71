"""Home: the current digit flowing through the network, and where to go first."""

from cnnviz.ui.frame import require_frame
from cnnviz.ui.welcome import doors, greeting, strip

require_frame()

greeting()
strip()
doors()
