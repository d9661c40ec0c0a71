"""Fine-tune: a few steps on one hand's digits; what is learnt, and what is forgotten."""

from cnnviz.ui.finetune_view import finetune_page
from cnnviz.ui.frame import require_frame

require_frame()
finetune_page()
