"""The stroke replay component."""
