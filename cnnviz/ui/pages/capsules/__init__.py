"""The page `capsules`."""
