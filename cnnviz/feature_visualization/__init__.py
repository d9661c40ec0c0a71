"""Optimised images: activation maximization and DeepDream (what x start x transforms x loop)."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
