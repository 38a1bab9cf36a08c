"""The pages of the console, each in a module with `register(pages)`."""

from __future__ import annotations

from sync_engine.web.console.pages import (
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
    single_sign_on,
    start,
    users,
)
from sync_engine.web.console.site import Pages

PAGES = (
    parts, door, start, overview, flags, flags_at_once, flag, projects, same_person, people,
    digests, letter_preview, profile, users, general, people_entries, insight, single_sign_on,
)  # fmt: skip


def register_all(pages: Pages) -> None:
    """Register every page."""
    for page in PAGES:
        page.register(pages)
