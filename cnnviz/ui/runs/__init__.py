"""Watching and steering training runs."""
