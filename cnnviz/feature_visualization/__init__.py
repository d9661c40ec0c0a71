"""Optimised images: activation maximization and DeepDream (what x start x transforms x loop)."""
