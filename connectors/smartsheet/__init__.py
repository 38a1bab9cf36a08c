"""Smartsheet."""
