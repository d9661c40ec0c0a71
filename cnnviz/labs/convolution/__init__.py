"""Convolution and pooling by hand."""
