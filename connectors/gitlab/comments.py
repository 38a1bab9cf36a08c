"""Our notes on GitLab's issues; the marker is one of HTML's comments, which nobody sees."""

from __future__ import annotations

from typing import Any, ClassVar

from connectors.gitlab.api import Api
from connectors.gitlab.values import identifier, instant, objects, text
from connectors.sdk.comments import Note, Place, Seen, fingerprint_in, hidden
from connectors.sdk.contract import Http
from connectors.sdk.errors import NotVisible, Unexpected

ROWS = 100
MOST_PAGES = 1000


class GitLabComments:
    """The notes of one account."""

    needs: ClassVar[str] = (
        "Give the token the scope `api` (`read_api` only reads) and its account the role Planner "
        "or Reporter in the project."
    )

    def __init__(self, config: object, http: Http) -> None:  # noqa: ARG002  as the contract has it
        self._http = http
        self._api = Api(http)

    def look(self, place: Place, fingerprint: str) -> Seen:
        """The issue, then its notes, the oldest first."""
        path = _path(place)
        updated = instant(self._api.one(path)[0].get("updated_at"))
        asked: dict[str, Any] = {"sort": "asc", "order_by": "created_at", "per_page": ROWS}
        for page in range(1, MOST_PAGES + 1):
            rows = objects(self._http.get(f"{path}/notes", {**asked, "page": page}))
            for row in rows:
                if fingerprint_in(text(row.get("body")) or "") == fingerprint:
                    return Seen(identifier(row.get("id")), instant(row.get("updated_at")), updated)
            if not rows:
                return Seen(None, None, updated)
        raise Unexpected("GitLab's notes of an issue do not come to an end.")

    def write(self, place: Place, note: Note) -> None:
        """A note on the issue; an internal one where Service Desk mails notes to a customer."""
        path = _path(place)
        mailed = self._api.one(path)[0].get("service_desk_reply_to") is not None
        body: dict[str, Any] = {"body": hidden(note), **({"internal": True} if mailed else {})}
        self._http.send("POST", f"{path}/notes", body)

    def update(self, place: Place, comment_id: str, note: Note) -> None:
        """The note, edited."""
        self._http.send("PUT", f"{_path(place)}/notes/{comment_id}", {"body": hidden(note)})


def _path(place: Place) -> str:
    project, _, number = place.task_id.partition("-")
    if not project.isdecimal():
        raise NotVisible("Only issues are commented on at GitLab, no epics.")
    return f"/v4/projects/{project}/issues/{number}"
