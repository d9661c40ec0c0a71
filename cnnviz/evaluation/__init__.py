"""How good a network is: metrics, calibration, out-of-distribution detection, writers, projection."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
