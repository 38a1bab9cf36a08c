"""Our comments on Trello's cards."""

from __future__ import annotations

from typing import ClassVar

from connectors.sdk.comments import Note, Place, Seen, fingerprint_in, plain
from connectors.sdk.contract import Http
from connectors.trello.client import Client
from connectors.trello.words import instant, part, text

MOST = 1000  # actions an answer, as many as Trello gives


class TrelloComments:
    """The comments of one account."""

    needs: ClassVar[str] = (
        "Make the token with the scope `read,write`, and let its account comment on the board's "
        "cards."
    )

    def __init__(self, config: object, http: Http) -> None:  # noqa: ARG002  as the contract has it
        self._http = http
        self._client = Client(http)

    def look(self, place: Place, fingerprint: str) -> Seen:
        """The card, then its comments, the newest first."""
        path = f"/1/cards/{place.task_id}"
        card, _ = self._client.object(path, {"fields": "dateLastActivity"})
        updated = instant(card.get("dateLastActivity"))
        only = {"filter": "commentCard", "fields": "data,date"}
        for page in self._client.pages(f"{path}/actions", only, MOST, place.task_id):
            for action in page:
                data = part(action, "data")
                if fingerprint_in(text(data.get("text")) or "") == fingerprint:
                    said = instant(data.get("dateLastEdited")) or instant(action.get("date"))
                    return Seen(text(action.get("id")), said, updated)
        return Seen(None, None, updated)

    def write(self, place: Place, note: Note) -> None:
        """A comment on the card; Trello takes it in the query."""
        path = f"/1/cards/{place.task_id}/actions/comments"
        self._http.send("POST", path, params={"text": plain(note)})

    def update(self, place: Place, comment_id: str, note: Note) -> None:
        """The comment, edited."""
        path = f"/1/cards/{place.task_id}/actions/{comment_id}/comments"
        self._http.send("PUT", path, params={"text": plain(note)})
