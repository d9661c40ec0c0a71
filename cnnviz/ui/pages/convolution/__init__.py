"""The page `convolution`."""
