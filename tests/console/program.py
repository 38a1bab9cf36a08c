"""A program that asks the API, with a token of somebody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from sync_engine import tokens
from tests.console.portfolio import NOW
from tests.console.site import ACTOR, Site


class Program:
    """A caller with a token of somebody."""

    def __init__(self, site: Site, role: str, scope: str = "write") -> None:
        self.site = site
        self.token = tokens.make(
            site.engine, site.user(role), name="bi", scope=scope, expires_at=None, actor=ACTOR,
            now=NOW,
        )  # fmt: skip

    def get(self, path: str, **params: Any) -> requests.Response:
        """A question."""
        return requests.get(
            f"{self.site.address}/api/v1{path}", params=params, headers=self.headers, timeout=30
        )

    def post(self, path: str, **body: Any) -> requests.Response:
        """A change."""
        return requests.post(
            f"{self.site.address}/api/v1{path}", json=body, headers=self.headers, timeout=30
        )

    @property
    def headers(self) -> dict[str, str]:
        """Who asks."""
        return {"Authorization": f"Bearer {self.token}"}

    def whole(self, path: str, what: str, limit: int, **params: Any) -> Iterator[Any]:
        """All rows of a list, read page by page."""
        mark = None
        while True:
            page = self.get(path, limit=limit, after=mark, **params).json()
            assert len(page[what]) <= limit
            yield from page[what]
            mark = page["next"]
            if mark is None:
                return
