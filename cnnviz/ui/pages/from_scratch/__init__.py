"""The page `from_scratch`."""
