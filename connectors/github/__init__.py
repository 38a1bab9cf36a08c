"""Reads GitHub: repositories, issues and what hangs on them."""
