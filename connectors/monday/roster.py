"""The account's boards: which there are, which of them are read, what changed.

monday.com keeps the subitems of a board on a board of their own, of the type `sub_items_board`,
which people never see as such. A board and its hidden boards are one *family*: one scope, one
lane. Which belongs to which stands in the settings of the board's column of type `subtasks`.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.monday import queries
from connectors.monday.api import Api, Told, objects_of
from connectors.monday.values import identifier, json_object, objects, text
from connectors.sdk.contract import Cursor, Json, Scope
from connectors.sdk.errors import NotVisible, Unexpected

SEPARATOR = "+"
"""Between the ids of a family in the name of its lane: the board's own, then the hidden ones."""


@dataclass(frozen=True, slots=True)
class Family:
    """A board, and the hidden boards that hold its subitems."""

    board: Json
    hidden: Sequence[Json] = ()

    @property
    def id(self) -> str:
        """The board's id: the scope's."""
        return str(self.board["id"])

    @property
    def ids(self) -> list[str]:
        """The ids of all its boards, the board's own first."""
        return [self.id, *(str(each["id"]) for each in self.hidden)]

    @property
    def lane(self) -> str:
        """The name of the lane that reads it."""
        return SEPARATOR.join(self.ids)

    def unchanged(self, cursor: Cursor | None) -> bool:
        """Nothing has happened on it since the read that left the cursor."""
        known = (cursor or {}).get("seen")
        return known is not None and known == seen([self.board, *self.hidden])


def seen(boards: Sequence[Json]) -> str | None:
    """When boards last changed, as one word; None where one of them does not say."""
    moments = {str(each["id"]): text(each.get("updated_at")) for each in boards}
    if None in moments.values():
        return None
    return " ".join(f"{id}={moment}" for id, moment in sorted(moments.items()))


@dataclass(frozen=True, slots=True)
class Roster:
    """What the account has now.

    Args:
        families: the boards that are read, in the order of their making.
        deleted: boards that monday.com still lists and calls deleted.
        missing: what is configured and not there.
        unseen: names of boards whose subitems the account may not see.
        hidden: how many boards are listed that the account may not see.
        told: the first answer.
    """

    families: Sequence[Family]
    deleted: Sequence[str] = ()
    missing: Sequence[str] = ()
    unseen: Sequence[str] = ()
    hidden: int = 0
    told: Told = field(default_factory=lambda: Told({}, None))

    def scopes(self) -> list[Scope]:
        """The families as scopes."""
        return [_scope(each.board) for each in self.families]


def _scope(board: Json) -> Scope:
    state = "archived" if board.get("state") == "archived" else "active"
    return Scope(str(board["id"]), str(board.get("name") or board["id"]), state)  # type: ignore[arg-type]


class Boards:
    """Reads the roster.

    Args:
        api: the way to monday.com.
        wanted: ids or names of boards; None: every one.
        workspaces: ids or names of workspaces; None: every one.
    """

    def __init__(
        self, api: Api, wanted: Sequence[str] | None, workspaces: Sequence[str] | None
    ) -> None:
        self._api = api
        self._wanted = wanted
        self._workspaces = workspaces

    @property
    def chosen(self) -> bool:
        """Whether the configuration leaves boards out."""
        return self._wanted is not None or self._workspaces is not None

    def roster(self, fields: str = queries.BOARD, more: str = "") -> Roster:
        """The boards in every state: one call for two hundred of them."""
        if self._workspaces is not None and "workspace {" not in fields:
            fields += " workspace { id name }"
        found: dict[str, Json] = {}
        hidden, first = 0, None
        for page, told in self._api.pages(lambda pages: queries.boards(fields, pages, more)):
            first = first or told
            hidden += page.count(None)
            found.update({str(each["id"]): each for each in objects_of(page)})
        return self._families(list(found.values()), hidden, first or Told({}, None))

    def _families(self, boards: Sequence[Json], hidden: int, told: Told) -> Roster:
        live = [each for each in boards if each.get("state") != "deleted"]
        below = {str(each["id"]): each for each in live if each.get("type") == "sub_items_board"}
        shown = [each for each in live if each.get("type") in ("board", None)]
        mine = [each for each in shown if self._is_mine(each)]
        return Roster(
            families=[
                Family(each, [below[id] for id in subitem_boards(each) if id in below])
                for each in mine
            ],
            deleted=[
                str(each["id"])
                for each in boards
                if each.get("state") == "deleted" and each.get("type") in ("board", None)
            ],
            missing=self._missing(shown),
            unseen=[str(each["name"]) for each in mine if set(subitem_boards(each)) - below.keys()],
            hidden=hidden,
            told=told,
        )

    def _is_mine(self, board: Json) -> bool:
        return (self._wanted is None or bool(_names(board) & set(self._wanted))) and (
            self._workspaces is None or bool(_workspace(board) & set(self._workspaces))
        )

    def _missing(self, boards: Sequence[Json]) -> list[str]:
        names = set().union(*map(_names, boards)) if boards else set()
        spaces = set().union(*map(_workspace, boards)) if boards else set()
        return [each for each in self._wanted or () if each not in names] + [
            each for each in self._workspaces or () if each not in spaces
        ]


def _names(board: Json) -> set[str]:
    return {str(board["id"]), str(board.get("name"))}


def _workspace(board: Json) -> set[str]:
    """Id and name of the workspace; monday.com gives none for the account's main one."""
    held = board.get("workspace")
    if not isinstance(held, Mapping):
        return {"Main workspace"}
    return {str(held.get("id")), str(held.get("name"))}


def subitem_boards(board: Json) -> list[str]:
    """Ids of the hidden boards of a board, as its columns say."""
    ids = []
    for column in objects(board.get("columns")):
        if column.get("type") == "subtasks":
            held = json_object(column.get("settings_str")).get("boardIds")
            ids += list(held) if isinstance(held, list) else []
    return list(dict.fromkeys(id for id in map(identifier, ids) if id is not None))


def read_boards(
    found: Sequence[Json | None], ids: Sequence[str], scope: str, besides: Container[str] = ()
) -> list[Json]:
    """The boards that were asked for, in that order; those of `besides` may be there as well.

    Raises:
        NotVisible: monday.com gives null or nothing for one of them, or calls it deleted.
        Unexpected: it gives another one.
    """
    held = {str(each["id"]): each for each in found if each is not None}
    if any(id not in ids and id not in besides for id in held):
        raise Unexpected("monday.com gives another board than was asked for.", scope=scope)
    if any(id not in held or held[id].get("state") == "deleted" for id in ids):
        raise not_visible(scope)
    return [held[id] for id in ids]


def not_visible(board: str) -> NotVisible:
    """What is said of a board that is not shown. Whether it is gone, the roster tells."""
    return NotVisible(
        f"The board {board!r} is not visible to the account that the token belongs to.",
        remedy="Invite the account to the board, or take the board out of the configuration.",
        scope=board,
    )
