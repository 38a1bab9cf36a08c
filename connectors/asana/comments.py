"""Our comments on Asana's tasks. Asana does not count a comment as a change of its task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from connectors.asana.values import gid, instant, objects, part, text
from connectors.sdk.comments import Note, Place, Seen, fingerprint_in, plain
from connectors.sdk.contract import Http
from connectors.sdk.errors import Unexpected

MOST_PAGES = 1000


class AsanaComments:
    """The comments of one account."""

    needs: ClassVar[str] = (
        "Let the token's account comment on the project's tasks (an editor or commenter; an app: "
        "the scopes `stories:read` and `stories:write`)."
    )

    def __init__(self, config: object, http: Http) -> None:  # noqa: ARG002  as the contract has it
        self._http = http

    def look(self, place: Place, fingerprint: str) -> Seen:
        """The task, then its stories, the oldest first."""
        path = f"/tasks/{place.task_id}"
        task = self._http.get(path, {"opt_fields": "modified_at"})
        updated = instant(part(task, "data").get("modified_at"))
        asked: dict[str, Any] = {"opt_fields": "text,created_at", "limit": 100}
        for _ in range(MOST_PAGES):
            answer = self._http.get(f"{path}/stories", asked)
            if not isinstance(answer, Mapping):
                raise Unexpected("Asana's answer about the stories of a task is not an object.")
            for row in objects(answer.get("data")):
                if fingerprint_in(text(row.get("text")) or "") == fingerprint:
                    return Seen(gid(row), instant(row.get("created_at")), updated)
            offset = text(part(answer, "next_page").get("offset"))
            if offset is None:
                return Seen(None, None, updated)
            asked = {**asked, "offset": offset}
        raise Unexpected("Asana's stories of a task do not come to an end.")

    def write(self, place: Place, note: Note) -> None:
        """A comment on the task."""
        path = f"/tasks/{place.task_id}/stories"
        self._http.send("POST", path, {"data": {"text": plain(note)}})

    def update(self, place: Place, comment_id: str, note: Note) -> None:  # noqa: ARG002
        """The comment, edited."""
        self._http.send("PUT", f"/stories/{comment_id}", {"data": {"text": plain(note)}})
