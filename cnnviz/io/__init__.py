"""Files in and out: atomic writing, downloads, pictures, video; where assets and models lie."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
