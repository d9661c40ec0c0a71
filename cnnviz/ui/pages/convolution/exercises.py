"""The convolution page's exercises, from whatever its views show now."""

import random

from cnnviz.labs.convolution.exercises import (
    what_gives_zero,
    what_is_this_cell,
    what_shape_comes_out,
    which_cell_wins,
)
from cnnviz.labs.quiz import Exercise
from cnnviz.ui.pages.convolution.inputs import current_geometry, current_picture
from cnnviz.ui.pages.convolution.kernel import current_kernel
from cnnviz.ui.pages.convolution.pooling import current_pooling
from cnnviz.ui.widgets.quiz import exercises


def convolution_exercises() -> None:
    """Four kinds of question, each about the image, kernel or map last chosen."""
    exercises(
        "convolution",
        {
            "What is this cell?": _cell,
            "What shape comes out?": _shape,
            "Which cell wins?": _winner,
            "What gives zero?": _zero,
        },
    )


def _cell(source: random.Random) -> Exercise:
    picture, (geometry, bias) = current_picture(), current_geometry()
    name = picture.label[0].upper() + picture.label[1:]
    return what_is_this_cell(source, name, picture.image, current_kernel().kernel, geometry, bias)


def _shape(source: random.Random) -> Exercise:
    image, kernel = current_picture().image, current_kernel().kernel
    return what_shape_comes_out(source, image.shape[0], image.shape[1], (kernel.shape[0], kernel.shape[1]))


def _winner(source: random.Random) -> Exercise:
    image, window, stride = current_pooling()
    return which_cell_wins(source, image, window, stride)


def _zero(source: random.Random) -> Exercise:
    return what_gives_zero(source, current_kernel().kernel)
