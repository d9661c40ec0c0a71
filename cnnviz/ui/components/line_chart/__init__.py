"""The line chart component."""
