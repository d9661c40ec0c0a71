from .activations import (
    dead as dead,
    find as find,
    histogram as histogram,
    measure as measure,
    order as order,
    stages as stages,
)
from .deconvnet import strongest as strongest, unpool as unpool
from .filters import (
    first_layer_weights as first_layer_weights,
    kernels_of as kernels_of,
    nearest_known as nearest_known,
    partial_response as partial_response,
    spectrum as spectrum,
    strongest_inputs as strongest_inputs,
)
from .pooling import (
    average as average,
    logit_gradient as logit_gradient,
    route as route,
    survivors as survivors,
    winners as winners,
)
from .receptive_fields import pixel_spans as pixel_spans, receptive_field as receptive_field
from .stroke_replay import replay as replay
from .translation import shift_effects as shift_effects, shifted as shifted
