"""Notes on issues: our comments in a Redmine.

A note is written by changing the issue, and edited by itself; for this Redmine 5.0 is needed, as
for all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from connectors.redmine.values import identifier, instant, mapping, objects, text
from connectors.sdk.comments import Note, Place, Seen, fingerprint_in, plain
from connectors.sdk.contract import Http
from connectors.sdk.errors import Unexpected


class RedmineComments:
    """The notes of one account."""

    needs: ClassVar[str] = (
        "Give the account a role with the permissions 'Add notes' and 'Edit own notes' in the "
        "project."
    )

    def __init__(self, config: object, http: Http) -> None:  # noqa: ARG002  as the contract has it
        self._http = http

    def look(self, place: Place, fingerprint: str) -> Seen:
        """An issue comes with its journal."""
        path = f"/issues/{place.task_id}.json"
        answer = self._http.request("GET", path, params={"include": "journals"}).data
        issue = answer.get("issue") if isinstance(answer, Mapping) else None
        if not isinstance(issue, Mapping):
            raise Unexpected("Redmine's answer about an issue holds none.")
        updated = instant(issue.get("updated_on"))
        for journal in objects(issue.get("journals")):
            if fingerprint_in(text(journal.get("notes")) or "") == fingerprint:
                said = instant(journal.get("updated_on")) or instant(journal.get("created_on"))
                return Seen(identifier(mapping(journal).get("id")), said, updated)
        return Seen(None, None, updated)

    def write(self, place: Place, note: Note) -> None:
        """A note of its own."""
        self._http.send("PUT", f"/issues/{place.task_id}.json", {"issue": {"notes": plain(note)}})

    def update(self, place: Place, comment_id: str, note: Note) -> None:  # noqa: ARG002
        """The note, edited."""
        self._http.send("PUT", f"/journals/{comment_id}.json", {"journal": {"notes": plain(note)}})
