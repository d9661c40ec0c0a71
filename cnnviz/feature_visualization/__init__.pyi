from .activation_maximization import last as last
from .closed_form import optimum as optimum
from .dataset_examples import spread as spread, top_activations as top_activations
from .deepdream import digit_canvas as digit_canvas, digit_mask as digit_mask, guide as guide, zoom as zoom
from .imagenet_units import unit_pictures as unit_pictures
from .objectives import (
    channel as channel,
    class_logit as class_logit,
    features as features,
    layer as layer,
    neuron as neuron,
)
from .presets import (
    ABLATION as ABLATION,
    CLASS as CLASS,
    MACO as MACO,
    SHARP as SHARP,
    SMOOTH as SMOOTH,
    optimize as optimize,
)
