"""Fine-tune: a few steps on one hand's digits; what is learned, and what is forgotten."""

from cnnviz.ui.pages.finetune.page import finetune_page
from cnnviz.ui.shell.frame import require_frame

require_frame()
finetune_page()
