"""Flags written back: one comment on the item itself, kept up to date, closed in the end."""
