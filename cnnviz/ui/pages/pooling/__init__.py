"""The page `pooling`."""
