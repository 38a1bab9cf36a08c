"""Our comments on GitHub's issues; the marker is one of HTML's own comments, which nobody sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from connectors.github.api import Api
from connectors.github.words import instant, key, text
from connectors.sdk.comments import Note, Place, Seen, fingerprint_in, hidden
from connectors.sdk.contract import Http
from connectors.sdk.errors import NotVisible, Unexpected


class GitHubComments:
    """The comments of one account."""

    needs: ClassVar[str] = (
        "Give the token the permission Issues: Read and write for the repository (a classic "
        "token: `repo`)."
    )

    def __init__(self, config: Any, http: Http) -> None:
        self._http = http
        self._api = Api(http, config.url)

    def look(self, place: Place, fingerprint: str) -> Seen:
        """The issue, then its comments, the oldest first."""
        path = _path(place)
        issue = self._http.get(path)
        if not isinstance(issue, Mapping):
            raise Unexpected("GitHub's answer about an issue is not an object.")
        updated = instant(issue.get("updated_at"))
        for page in self._api.pages(f"{path}/comments"):
            for row in page.rows:
                if fingerprint_in(text(row.get("body")) or "") == fingerprint:
                    return Seen(key(row.get("id")), instant(row.get("updated_at")), updated)
        return Seen(None, None, updated)

    def write(self, place: Place, note: Note) -> None:
        """A comment on the issue."""
        self._http.send("POST", f"{_path(place)}/comments", {"body": hidden(note)})

    def update(self, place: Place, comment_id: str, note: Note) -> None:
        """The comment, edited."""
        repository = place.task_id.partition("#")[0]
        path = f"/repositories/{repository}/issues/comments/{comment_id}"
        self._http.send("PATCH", path, {"body": hidden(note)})


def _path(place: Place) -> str:
    repository, _, number = place.task_id.partition("#")
    if not number:
        raise NotVisible("Only issues are commented on at GitHub, no drafts of a board.")
    return f"/repositories/{repository}/issues/{number}"
