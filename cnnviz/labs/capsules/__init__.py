"""Capsules: vectors instead of numbers, routing instead of pooling."""
