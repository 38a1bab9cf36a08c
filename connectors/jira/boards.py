"""Reading boards: their sprints, and their columns with the limits on work in progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from connectors.jira.answers import as_object
from connectors.jira.api import Api
from connectors.jira.tasks import ms
from connectors.jira.values import ident, items, obj, word
from connectors.sdk.contract import Item, Json, Lane, Page

AGILE = "/rest/agile/1.0/board"
SPRINT_FIELDS = (
    "id", "name", "goal", "state", "startDate", "endDate", "completeDate", "originBoardId",
)  # fmt: skip


def board_lanes(api: Api, projects: Sequence[Json] | None) -> tuple[list[Lane], datetime]:
    """A lane a board: of these projects, or of all that the account sees; and the tool's clock.

    A site without Jira Software has no boards, and says 404.
    """
    asked = [{}] if projects is None else [{"projectKeyOrId": str(p.get("id"))} for p in projects]
    found: dict[str, Lane] = {}
    at: datetime | None = None
    for params in asked:
        for answer in api.paged(AGILE, params, refusals=(404,)):
            at = at or api.time_of(answer)
            for each in answer.data["values"]:
                board = obj(each)
                id_ = ident(board.get("id"))
                if id_ is not None:
                    place = ident(obj(board.get("location")).get("projectId"))
                    name = f"{id_}:{place or ''}:{word(board.get('type')) or ''}"
                    found[id_] = Lane(name, scope=place)
    return list(found.values()), at or api.clock()


def board_items(api: Api, lane: str, statuses: Callable[[], list[Any]]) -> Iterator[Page]:
    """A board's columns, then the sprints that were made on it.

    A sprint may be shown on several boards; it is read where it was made.
    """
    id_, place, kind = (*lane.split(":"), "", "")[:3]
    scope = place or None
    path = f"{AGILE}/{id_}"
    answer = api.http.request("GET", f"{path}/configuration", scope=scope)
    configured = as_object(answer.data, "a board's configuration")
    names = {ident(obj(each).get("id")): obj(each).get("name") for each in statuses()}
    board = {"id": id_, "name": configured.get("name"), "projectId": scope}
    columns = [_column(each, names) for each in items(_columns(configured))]
    read = {"read_ms": str(ms(api.time_of(answer)))}
    item = Item(f"board-{id_}", {"board": {**board, "columns": columns}}, scope)
    if kind == "kanban":
        yield Page([item], read)
        return
    yield Page([item])
    # A board of a team-managed project may or may not have sprints: then Jira says 400. A board
    # without a mapped status says 422.
    refusals = () if kind == "scrum" else (400,)
    for page in api.paged(f"{path}/sprint", {}, scope=scope, refusals=(*refusals, 422)):
        yield Page(
            [
                Item(sprint_id, {"sprint": sprint, "board": board}, scope)
                for each in page.data["values"]
                if (sprint := {name: each[name] for name in SPRINT_FIELDS if name in obj(each)})
                and (sprint_id := ident(sprint.get("id"))) is not None
                and ident(sprint.get("originBoardId", id_)) == id_
            ]
        )
    yield Page((), read)


def _columns(configured: dict[str, Any]) -> Any:
    return obj(configured.get("columnConfig")).get("columns")


def _column(column: Any, names: Any) -> dict[str, Any]:
    held = obj(column)
    ids = [ident(obj(each).get("id")) for each in items(held.get("statuses"))]
    return {
        "name": held.get("name"),
        "min": held.get("min"),
        "max": held.get("max"),
        "statuses": [names.get(each, each) for each in ids if each is not None],
    }
