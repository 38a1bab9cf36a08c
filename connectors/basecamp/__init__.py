"""Reads Basecamp."""
