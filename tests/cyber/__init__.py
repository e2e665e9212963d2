"""The cyber room."""
