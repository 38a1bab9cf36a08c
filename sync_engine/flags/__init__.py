"""Flags: standards that subjects break, and what becomes of them."""
