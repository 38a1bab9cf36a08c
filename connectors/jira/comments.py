"""Our comments on Jira's issues: a document on Cloud, plain text on Data Center."""

from __future__ import annotations

from typing import Any, ClassVar

from connectors.jira.answers import as_object
from connectors.jira.api import Api
from connectors.jira.cloud import Cloud
from connectors.jira.data_center import DataCenter
from connectors.jira.values import ident, instant, obj
from connectors.sdk.adf import plain as plain_text
from connectors.sdk.comments import Note, Place, Seen, fingerprint_in, inert, plain
from connectors.sdk.contract import Http

INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}
"""Keeps a comment from the customers of a service project, where one without it is public; it
means nothing in other projects. Cloud and Data Center take it alike."""


class JiraComments:
    """The comments of one account."""

    needs: ClassVar[str] = (
        "Give the account the project permissions Add Comments and Edit Own Comments (a scoped "
        "token: `write:jira-work`)."
    )

    def __init__(self, config: Any, http: Http) -> None:
        self._http = http
        self._cloud = config.deployment == "cloud"
        self._api: Api = Cloud(http) if self._cloud else DataCenter(http)

    def look(self, place: Place, fingerprint: str) -> Seen:
        """The issue, then its comments, the oldest first."""
        path = self._path(place)
        issue = as_object(self._http.get(path, {"fields": "updated"}), path)
        updated = instant(obj(issue.get("fields")).get("updated"))
        for each in self._api.comments(place.task_id):
            comment = obj(each)
            if fingerprint_in(plain_text(comment.get("body")) or "") == fingerprint:
                return Seen(ident(comment.get("id")), instant(comment.get("updated")), updated)
        return Seen(None, None, updated)

    def write(self, place: Place, note: Note) -> None:
        """A comment on the issue."""
        self._http.send("POST", f"{self._path(place)}/comment", self._body(note))

    def update(self, place: Place, comment_id: str, note: Note) -> None:
        """The comment, edited; nobody is told of it where Jira lets us choose."""
        quiet = {"notifyUsers": "false"} if self._cloud else None
        path = f"{self._path(place)}/comment/{comment_id}"
        self._http.send("PUT", path, self._body(note), params=quiet)

    def _path(self, place: Place) -> str:
        return self._api.path(f"issue/{place.task_id}")

    def _body(self, note: Note) -> dict[str, Any]:
        if not self._cloud:
            return {"body": plain(note), "properties": [INTERNAL]}
        paragraphs = [
            {"type": "paragraph", "content": [{"type": "text", "text": text}]}
            for text in (*map(inert, note.lines), note.marker)
            if text
        ]
        document = {"type": "doc", "version": 1, "content": paragraphs}
        return {"body": document, "properties": [INTERNAL]}
