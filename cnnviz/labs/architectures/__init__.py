"""Why networks have the shape they have."""
