"""GitHub's boards, which it calls Projects, over its GraphQL API: what they are, what is on them,
and what their fields say of issues."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.github.api import EMPTY, ROUNDS, Api, goes_on, nodes
from connectors.github.fields import CHOICE, ITERATION, KINDS, iteration_id
from connectors.github.words import instant, key, objects, part, text
from connectors.sdk.contract import Item, Json, Page
from connectors.sdk.errors import NotVisible, Unexpected

TOGETHER = 50  # issues in one question: each is on few boards, which have up to 50 fields
SPAN = "id title startDate duration"
BOARD = f"""
query Board($owner: String!, $number: Int!) {{
  repositoryOwner(login: $owner) {{
    ... on ProjectV2Owner {{
      projectV2(number: $number) {{
        id
        title
        updatedAt
        fields(first: 100) {{
          pageInfo {{ hasNextPage endCursor }}
          nodes {{
            ... on ProjectV2FieldCommon {{ id name dataType }}
            ... on ProjectV2SingleSelectField {{ options {{ id name }} }}
            ... on ProjectV2IterationField {{
              configuration {{ iterations {{ {SPAN} }} completedIterations {{ {SPAN} }} }}
            }}
          }}
        }}
      }}
    }}
  }}
}}
"""
ON_BOARD = """
query OnBoard($id: ID!, $after: String) {
  node(id: $id) {
    ... on ProjectV2 {
      updatedAt
      items(first: 100, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes {
          id
          createdAt
          updatedAt
          content { ... on Issue { number createdAt repository { databaseId } } }
        }
      }
    }
  }
}
"""
PLACES = """
      pageInfo { hasNextPage endCursor }
      nodes {
        isArchived
        project { id }
        fieldValues(first: 100) {
          pageInfo { hasNextPage endCursor }
          nodes {
            ... on ProjectV2ItemFieldSingleSelectValue { name field { ...Named } }
            ... on ProjectV2ItemFieldDateValue { date field { ...Named } }
            ... on ProjectV2ItemFieldNumberValue { number field { ...Named } }
            ... on ProjectV2ItemFieldTextValue { text field { ...Named } }
            ... on ProjectV2ItemFieldIterationValue { title iterationId field { ...Named } }
          }
        }
      }
"""
NAMED = "fragment Named on ProjectV2FieldCommon { id }"
PLACED = f"""
query Placed($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on Issue {{ projectItems(first: 5, includeArchived: true) {{ {PLACES} }} }}
  }}
}}
{NAMED}
"""
MORE_PLACED = f"""
query MorePlaced($id: ID!, $after: String) {{
  node(id: $id) {{
    ... on Issue {{
      projectItems(first: 50, after: $after, includeArchived: true) {{ {PLACES} }}
    }}
  }}
}}
{NAMED}
"""
VALUES = ("name", "date", "number", "text", "title")
"""Where the values of a field are, by its type; a value has one of them."""


@dataclass(frozen=True, slots=True)
class Board:
    """A board as it is now.

    Args:
        name: as configured: "acme/3".
        updated: when the board, or anything on it, changed.
        fields: of the types that hold something of their own: `id`, `name`, `type`.
        words: names the fields with their options; other words, and what issues say has changed.
        choices: the options of the fields that have some, by the field's id.
        iterations: each with its field's id, and whether it is over.
        at: GitHub's clock when it said so.
    """

    name: str
    id: str
    title: str
    updated: datetime
    fields: Sequence[Json]
    words: str
    choices: Mapping[str, Sequence[str]]
    iterations: Sequence[tuple[str, Json, bool]]
    at: datetime


def board(api: Api, name: str) -> Board:
    """A board by its owner and number.

    Raises:
        NotVisible: GitHub does not show it.
    """
    owner, _, number = name.partition("/")
    try:
        data, at = api.graphql_at(BOARD, {"owner": owner, "number": int(number)})
    except NotVisible as error:
        raise not_visible(name, error.message) from None
    row = part(part(data, "repositoryOwner"), "projectV2")
    if not row:
        raise not_visible(name)
    id, updated, columns = text(row.get("id")), instant(row.get("updatedAt")), part(row, "fields")
    if id is None or updated is None or goes_on(columns, set()) is not None:
        raise Unexpected(f"GitHub's answer for the board {name} is none.")
    rows = [each for each in objects(columns.get("nodes")) if text(each.get("dataType")) in KINDS]
    return Board(
        name,
        id,
        text(row.get("title")) or name,
        updated,
        [
            {"id": each.get("id"), "name": each.get("name"), "type": each.get("dataType")}
            for each in rows
        ],
        _words(rows),
        {
            str(each.get("id")): [
                str(option.get("name")) for option in objects(each.get("options"))
            ]
            for each in rows
            if each.get("dataType") == CHOICE
        },
        [
            (str(each.get("id")), iteration, over)
            for each in rows
            if each.get("dataType") == ITERATION
            for name, over in (("completedIterations", True), ("iterations", False))
            for iteration in objects(part(each, "configuration").get(name))
        ],
        at,
    )


def _words(rows: Sequence[Json]) -> str:
    said = [
        "\t".join(map(str, (row.get("id"), row.get("name"), option.get("id"), option.get("name"))))
        for row in rows
        for option in [{}, *(objects(row.get("options")) if row["dataType"] == CHOICE else ())]
    ]
    return hashlib.sha256("\n".join(sorted(said)).encode()).hexdigest()[:16]


def not_visible(name: str, said: str = "") -> NotVisible:
    """What is said of a configured board that GitHub does not show."""
    return NotVisible(
        f"The board {name!r} is not visible to the account that reads. {said}".strip(),
        remedy="Give the token (or App) read access to 'Projects' of the organization (a classic "
        "token: the scope `read:project`), or take the board out of `projects`.",
    )


def sprints(found: Board) -> Iterator[Page]:
    """The iterations of a board; whether one runs depends on the day."""
    yield Page(
        [
            Item(
                iteration_id(field, str(row.get("id"))),
                {
                    "board": {"id": found.id, "title": found.title},
                    "field": field,
                    "iteration": row,
                    "over": over,
                    "read_on": found.at.date().isoformat(),
                },
            )
            for field, row, over in found.iterations
        ]
    )


@dataclass(frozen=True, slots=True)
class Place:
    """An issue's place on a board: `born` is when both were there, `updated` when the place last
    changed; of an issue that we may not see the repository is None."""

    repository: str | None
    number: str
    born: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """What is on a board. `sure`: nothing can have slipped past while pages were turned."""

    places: Sequence[Place]
    sure: bool


def on_board(api: Api, found: Board) -> Listing:
    """All that is on a board, page by page: it has no order but that of its rows, which people
    drag up and down."""
    places: dict[str, Place] = {}
    seen: set[str | None] = set()
    after: str | None = None
    empty = 0
    while True:
        node = part(api.graphql(ON_BOARD, {"id": found.id, "after": after}), "node")
        connection = part(node, "items")
        rows = objects(connection.get("nodes"))
        places.update((str(row.get("id")), _place(found, row)) for row in rows)
        after = goes_on(connection, seen)
        empty = 0 if rows else empty + 1
        if after is None:
            still = instant(node.get("updatedAt")) == found.updated
            all_there = connection.get("totalCount") == len(places)
            return Listing(list(places.values()), still or all_there)
        if empty > EMPTY or len(seen) > ROUNDS:
            raise Unexpected(
                f"GitHub says there is more on the board {found.name}, and gives none."
            )


def _place(found: Board, row: Json) -> Place:
    created, updated = instant(row.get("createdAt")), instant(row.get("updatedAt"))
    if created is None or updated is None:
        raise Unexpected(f"GitHub lists something on the board {found.name} without its times.")
    issue = part(row, "content")
    home, number = key(part(issue, "repository").get("databaseId")), key(issue.get("number"))
    return Place(
        home if number else None,
        number or "",
        max(created, instant(issue.get("createdAt")) or created),
        updated,
    )


class Boards:
    """What the fields of the configured boards say of issues; each board is asked for once.

    Args:
        names: of boards, the one that counts most first.
    """

    def __init__(self, api: Api, names: Sequence[str]) -> None:
        self._api = api
        self._names = names
        self._found: list[Board] | None = None

    def visible(self) -> list[Board]:
        """The boards that GitHub shows. Of one that it does not, a lane of its own says so, and
        what it would have said stays unknown."""
        if self._found is None:
            self._found = []
            for name in self._names:
                try:
                    self._found.append(board(self._api, name))
                except NotVisible:
                    continue
        return self._found

    def of(self, issues: Sequence[Json]) -> dict[str, Json | None]:
        """By the global id of an issue: its board with all its fields, empty where it is on none
        of the boards; None for an issue that does not open any more.

        Args:
            issues: as the REST API lists them.
        """
        closed = {str(row.get("node_id")): row.get("state") == "closed" for row in issues}
        found: dict[str, Json | None] = {}
        ids = list(closed)
        for start in range(0, len(ids), TOGETHER):
            asked = ids[start : start + TOGETHER]
            for id, node in nodes(self._api, PLACED, asked).items():
                found[id] = None if node is None else self._chosen(id, node, closed=closed[id])
        return found

    def _chosen(self, id: str, node: Json, *, closed: bool) -> Json:
        """The first board that is named and has the issue, archived there or not: but what is
        archived says nothing of an issue that is open."""
        places = {
            str(part(place, "project").get("id")): place
            for place in self._places(id, node)
            if closed or place.get("isArchived") is not True
        }
        if not places:
            return {}
        live = [each for each in self.visible() if each.id in places]
        live.sort(key=lambda each: places[each.id].get("isArchived") is True)
        return _filled(live[0], places[live[0].id]) if live else {}

    def _places(self, id: str, node: Json) -> Iterator[Json]:
        connection, seen = part(node, "projectItems"), set[str | None]()
        while True:
            after = goes_on(connection, seen)
            yield from objects(connection.get("nodes"))
            if after is None:
                return
            again = self._api.graphql(MORE_PLACED, {"id": id, "after": after})
            connection = part(part(again, "node"), "projectItems")


def _filled(found: Board, place: Json) -> Json:
    """The fields of a board as an issue fills them."""
    values = part(place, "fieldValues")
    if goes_on(values, set()) is not None:
        raise Unexpected(f"GitHub gives more fields on the board {found.name} than it allows.")
    held = {str(part(row, "field").get("id")): row for row in objects(values.get("nodes"))}
    fields = []
    for field in found.fields:
        row = held.get(str(field["id"]), {})
        value = next((row[name] for name in VALUES if row.get(name) is not None), None)
        filled = {**field, "value": value}
        if row.get("iterationId") is not None:
            filled["iteration"] = row["iterationId"]
        fields.append(filled)
    return {"id": found.id, "title": found.title, "fields": fields}
