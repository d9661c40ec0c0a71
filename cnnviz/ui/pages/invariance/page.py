"""The invariance lab: one digit as a film, the test set as curves, the layers, and augmentation."""

from cnnviz.ui.pages.invariance.accuracy_curves import curves_view
from cnnviz.ui.pages.invariance.augmentation import augmentation_view
from cnnviz.ui.pages.invariance.exercises import MAKERS
from cnnviz.ui.pages.invariance.film import film_view
from cnnviz.ui.pages.invariance.layers import layers_view
from cnnviz.ui.state.query_params import Invariance
from cnnviz.ui.widgets.choice_controls import show_view
from cnnviz.ui.widgets.quiz import exercises

VIEWS = {
    "Your digit": film_view,
    "The test set": curves_view,
    "Layer by layer": layers_view,
    "Augmentation": augmentation_view,
}


def invariance_page() -> None:
    """All of the page."""
    show_view(VIEWS, Invariance.view)
    exercises("invariance", MAKERS)
