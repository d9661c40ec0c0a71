"""The mathematics of the Learn pages."""
