"""The invariance lab: one digit as a film, the test set as curves, the layers, and augmentation."""

from cnnviz.ui.exercise import exercises
from cnnviz.ui.invariance_augment import augmentation_view
from cnnviz.ui.invariance_curves import curves_view
from cnnviz.ui.invariance_exercises import MAKERS
from cnnviz.ui.invariance_film import film_view
from cnnviz.ui.invariance_layers import layers_view
from cnnviz.ui.views import show_view

VIEWS = {
    "Your digit": film_view,
    "The test set": curves_view,
    "Layer by layer": layers_view,
    "Augmentation": augmentation_view,
}


def invariance_page() -> None:
    """All of the page."""
    show_view(VIEWS, "invariance_view")
    exercises("invariance", MAKERS)
