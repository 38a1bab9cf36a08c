"""Digests: what each recipient is told for each period, composed purely and delivered once."""
