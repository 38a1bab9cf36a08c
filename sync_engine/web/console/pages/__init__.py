"""The pages of the console, each in a module with `register(pages)`."""

from __future__ import annotations

from sync_engine.web.console.pages import (
    connection,
    connection_setup,
    connection_words,
    connections,
    door,
    overview,
    parts,
    setup,
    start,
)
from sync_engine.web.console.site import Pages

PAGES = (
    parts, door, start, overview, connections, connection, connection_setup, connection_words,
    setup,
)  # fmt: skip


def register_all(pages: Pages) -> None:
    """Register every page."""
    for page in PAGES:
        page.register(pages)
