"""ClickUp: see README.md."""
