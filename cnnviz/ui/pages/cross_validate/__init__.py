"""The page `cross_validate`."""
