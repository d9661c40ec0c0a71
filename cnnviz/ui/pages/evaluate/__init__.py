"""The page `evaluate`."""
