"""The gallery component."""
