"""The maps component."""
