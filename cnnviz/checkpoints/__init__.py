"""Weights on disk: the safetensors format, the model store, and weights made elsewhere."""
