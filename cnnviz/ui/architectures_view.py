"""The architectures lab: shared weights, a calculator, the famous networks, skip connections, a race."""

from cnnviz.ui.architectures_calculator import calculator_view
from cnnviz.ui.architectures_exercises import MAKERS
from cnnviz.ui.architectures_gallery import gallery_view
from cnnviz.ui.architectures_race import race_view
from cnnviz.ui.architectures_sharing import sharing_view
from cnnviz.ui.architectures_skip import skip_view
from cnnviz.ui.exercise import exercises
from cnnviz.ui.views import show_view

VIEWS = {
    "Shared weights": sharing_view,
    "Calculator": calculator_view,
    "Gallery": gallery_view,
    "Skip connections": skip_view,
    "Race": race_view,
}


def architectures_page() -> None:
    """All of the page."""
    show_view(VIEWS, "architectures_view")
    exercises("architectures", MAKERS)
