"""The page `maximize`."""
