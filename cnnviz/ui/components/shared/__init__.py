"""The shared component."""
