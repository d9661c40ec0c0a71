"""The network component."""
