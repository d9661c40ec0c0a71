from .frequency import (
    amplitudes as amplitudes,
    gain as gain,
    gain_by_frequency as gain_by_frequency,
    split as split,
)
from .geometry import PADDING_MODES as PADDING_MODES, WindowGeometry as WindowGeometry, pad as pad
from .kernels import (
    COLOR_KERNELS as COLOR_KERNELS,
    EXAMPLES as EXAMPLES,
    POOLING_EXAMPLES as POOLING_EXAMPLES,
    gray as gray,
)
from .operations import (
    convolve as convolve,
    correlate as correlate,
    flipped as flipped,
    partial_sums as partial_sums,
    terms as terms,
)
from .pooling import pool_average as pool_average, pool_max as pool_max
