"""The before after component."""
