"""See inside a convolutional network: train it, draw for it, trace it.

The public names of cnnviz and of its packages are those in the `__init__.pyi` beside each `__init__.py`;
everything else may move. They are imported at first use, so that a training process waiting in the queue
does not hold PyTorch in memory.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
