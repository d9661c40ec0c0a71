"""The pooling component."""
