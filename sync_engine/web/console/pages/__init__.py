"""The pages of the console, each in a module with `register(pages)`."""

from __future__ import annotations

from sync_engine.web.console.pages import (
    connection,
    connection_setup,
    connection_words,
    connections,
    door,
    flag,
    flags,
    flags_at_once,
    overview,
    parts,
    people,
    projects,
    same_person,
    setup,
    standards,
    start,
)
from sync_engine.web.console.site import Pages

PAGES = (
    parts,
    door,
    start,
    overview,
    flags,
    flags_at_once,
    flag,
    projects,
    same_person,
    people,
    standards,
    connections,
    connection,
    connection_setup,
    connection_words,
    setup,
)


def register_all(pages: Pages) -> None:
    """Register every page."""
    for page in PAGES:
        page.register(pages)
