"""The activation detail component."""
