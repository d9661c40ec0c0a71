"""The sliding window component."""
