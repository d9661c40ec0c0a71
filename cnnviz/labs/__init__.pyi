from .invariance import (
    CHANGES as CHANGES,
    accuracy_curve as accuracy_curve,
    equivariance as equivariance,
    film as film,
    layer_changes as layer_changes,
)
