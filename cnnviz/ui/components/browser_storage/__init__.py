"""The browser storage component."""
