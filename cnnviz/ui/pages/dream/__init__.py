"""The page `dream`."""
