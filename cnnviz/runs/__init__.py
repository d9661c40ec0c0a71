"""Training runs in processes of their own: run directory, queue, engine, worker, recorder.

This file imports nothing: a worker that waits for its turn must not load PyTorch.
"""
