"""The parts of the imitated Jira for boards and booked time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.jira.sandbox_adopt import Board
from connectors.jira.sandbox_issues import Issues
from connectors.jira.sandbox_replies import page, refusal
from connectors.jira.sandbox_shapes import status_id
from connectors.jira.sandbox_words import SITE, epoch_ms
from connectors.sdk.records import (
    Column,
    Sprint,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request

FEED_LAG = timedelta(minutes=1)


class Boards(Issues):
    """Boards with their sprints and columns; feeds of worklogs."""

    # -- booked time ---------------------------------------------------------------------------

    def _worklogs_updated(self, request: Request) -> Reply:
        moments = []
        for each in self.world.all(Worklog):
            at = self.world.edited.get((Worklog, each.id), each.updated_at)
            moments.append((epoch_ms(max(at, each.updated_at or at)) if at else 0, each.id))
        return self._feed(request, "updated", moments)

    def _worklogs_deleted(self, request: Request) -> Reply:
        gone = self.world.gone.items()
        moments = [(epoch_ms(at), id_) for (kind, id_), (_, at) in gone if kind is Worklog]
        return self._feed(request, "deleted", moments)

    def _feed(self, request: Request, name: str, moments: list[tuple[int, str]]) -> Reply:
        since = int(request.one("since", "0"))
        until = epoch_ms(self.world.now() - FEED_LAG)
        held = sorted(each for each in moments if since <= each[0] <= until)
        shown = held[:1000]
        reached = shown[-1][0] if shown else since
        link = f"{SITE}{self.render.rest}/worklog/{name}?since="
        return Reply.of(
            {
                "values": [
                    {"worklogId": int(id_), "updatedTime": at, "properties": []}
                    for at, id_ in shown
                ],
                "since": since,
                "until": reached,
                "self": f"{link}{since}",
                "nextPage": f"{link}{reached}",
                "lastPage": len(held) == len(shown),
            }
        )

    def _worklog_list(self, request: Request) -> Reply:
        ids = request.json()["ids"]
        if len(ids) > 1000:
            return refusal(400, "The number of worklogs must not exceed 1000.")
        held = [self.world.get(Worklog, str(id_)) for id_ in ids]
        return Reply.of(
            [
                self.render.worklog(each)
                for each in held
                if each is not None and self._readable(each.task_id or "") is not None
            ]
        )

    # -- boards --------------------------------------------------------------------------------

    def _seen_boards(self) -> list[Board]:
        searched = self._searched()
        return [
            each
            for each in self.boards.values()
            if each.project_id is None or each.project_id in searched
        ]

    def _boards(self, request: Request) -> Reply:
        place = request.one("projectKeyOrId")
        held = [each for each in self._seen_boards() if not place or each.project_id == place]
        return page(request, held, self._board_shape, most=50)

    def _board_shape(self, board: Board) -> Any:
        location = {"location": {"projectId": int(board.project_id)}} if board.project_id else {}
        kind = "scrum" if board.sprints else "kanban"
        return {"id": int(board.id), "name": board.name, "type": kind, **location}

    def _configuration(self, _: Request, id_: str) -> Reply:
        board = next((each for each in self._seen_boards() if each.id == id_), None)
        if board is None:
            return refusal(404, f"Requested board cannot be viewed: {id_}")
        columns = sorted(self.world.where(Column, "board_id", id_), key=lambda each: each.position)
        return Reply.of(
            {
                "id": int(id_),
                "name": board.name,
                "columnConfig": {
                    "columns": [
                        {
                            "name": each.name,
                            "statuses": [{"id": status_id(word)} for word in each.status_labels],
                            **({"min": each.wip_min} if each.wip_min is not None else {}),
                            **({"max": each.wip_max} if each.wip_max is not None else {}),
                        }
                        for each in columns
                    ],
                    "constraintType": "issueCount",
                },
            }
        )

    def _sprints(self, request: Request, id_: str) -> Reply:
        board = next((each for each in self._seen_boards() if each.id == id_), None)
        if board is None:
            return refusal(404, f"Requested board cannot be viewed: {id_}")
        if not board.sprints:
            return refusal(400, "The board does not support sprints")
        return page(request, self.world.where(Sprint, "board_id", id_), self.render.sprint, most=50)
