"""What a visitor has on screen, what the server keeps, and what the address says."""
