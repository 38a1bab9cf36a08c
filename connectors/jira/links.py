"""Addresses of pages for people (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.jira.values import word

Json = Mapping[str, Any]

GATEWAY = "https://api.atlassian.com"


def site_of(body: Json, held: Json) -> str | None:
    """The site's address: of the connector where it had to ask for it, else from the `self` link.

    The gateway that some tokens go through is no place for people.
    """
    site = word(body.get("site"))
    if site is None and (link := word(held.get("self"))) is not None and "/rest/" in link:
        site = link.partition("/rest/")[0]
    return None if site is None or site.startswith(GATEWAY) else site


def browse_link(body: Json, held: Json, key: str | None) -> str | None:
    """The page of an issue or a project."""
    site = site_of(body, held)
    return f"{site}/browse/{key}" if key and site else None
