"""The time machine component."""
