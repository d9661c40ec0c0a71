"""The page `activations`."""
