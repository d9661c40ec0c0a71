"""The page `filters`."""
