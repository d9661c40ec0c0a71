"""A convolutional network in NumPy alone."""
