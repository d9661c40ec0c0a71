"""Views of one forward pass: activations, filters, pooling, receptive fields, stroke replay."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
