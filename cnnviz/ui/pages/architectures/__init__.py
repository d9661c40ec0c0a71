"""The page `architectures`."""
