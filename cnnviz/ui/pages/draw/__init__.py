"""The page `draw`."""
