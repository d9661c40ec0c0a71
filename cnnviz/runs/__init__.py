"""Training runs in processes of their own: run directory, queue, engine, worker, recorder.

Importing it loads nothing else: a worker that waits for its turn must not hold PyTorch.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
