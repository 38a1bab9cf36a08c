"""Addresses that an export may lead to."""

from __future__ import annotations

from sync_engine.digest.text import safe_url


def web_address(url: str | None) -> str | None:
    """The address when it is one of the web and hides nothing, else None."""
    safe = safe_url(url)
    return safe if safe and safe.startswith(("http://", "https://")) else None
