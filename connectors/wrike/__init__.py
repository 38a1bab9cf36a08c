"""Wrike: see README.md."""
