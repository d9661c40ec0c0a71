"""The architectures lab: shared weights, a calculator, the famous networks, skip connections, a race."""

from cnnviz.ui.pages.architectures.calculator import calculator_view
from cnnviz.ui.pages.architectures.exercises import MAKERS
from cnnviz.ui.pages.architectures.gallery import gallery_view
from cnnviz.ui.pages.architectures.race import race_view
from cnnviz.ui.pages.architectures.skip_connections import skip_view
from cnnviz.ui.pages.architectures.weight_sharing import sharing_view
from cnnviz.ui.state.query_params import Architectures
from cnnviz.ui.widgets.choice_controls import show_view
from cnnviz.ui.widgets.quiz import exercises

VIEWS = {
    "Shared weights": sharing_view,
    "Calculator": calculator_view,
    "Gallery": gallery_view,
    "Skip connections": skip_view,
    "Race": race_view,
}


def architectures_page() -> None:
    """All of the page."""
    show_view(VIEWS, Architectures.view)
    exercises("architectures", MAKERS)
