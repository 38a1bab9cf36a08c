"""The pages of the console, each in a module with `register(pages)`."""

from __future__ import annotations

from sync_engine.web.console.pages import (
    channels,
    connection,
    connection_setup,
    connection_words,
    connection_writeback,
    connections,
    digests,
    door,
    flag,
    flags,
    flags_at_once,
    general,
    insight,
    letter_preview,
    overview,
    parts,
    people,
    people_entries,
    profile,
    projects,
    same_person,
    setup,
    single_sign_on,
    standards,
    start,
    tool_login,
    users,
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
    connection_writeback,
    tool_login,
    setup,
    digests,
    letter_preview,
    profile,
    users,
    general,
    channels,
    people_entries,
    insight,
    single_sign_on,
)


def register_all(pages: Pages) -> None:
    """Register every page."""
    for page in PAGES:
        page.register(pages)
