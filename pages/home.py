"""Home: the current digit flowing through the network, and where to go first."""

import streamlit as st

from cnnviz.ui.frame import require_frame
from cnnviz.ui.welcome import doors, greeting, strip

require_frame()

greeting()
strip()
doors()
