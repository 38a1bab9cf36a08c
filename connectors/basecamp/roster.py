"""Which projects there are, in every state, and the card tables in their docks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.basecamp.api import Api, Rows
from connectors.basecamp.words import STATES, id_of, objects, text
from connectors.sdk.contract import Item, Json, Lane, Page, Scope
from connectors.sdk.errors import NotVisible

KEPT = (
    "id", "status", "name", "description", "app_url", "start_date", "end_date", "created_at",
    "updated_at",
)  # fmt: skip
BOARD_KEPT = ("id", "title", "bucket")


class Roster:
    """Reads the lists of projects.

    Args:
        api: the way to Basecamp.
        projects: ids of the only projects to read; empty: all.
    """

    def __init__(self, api: Api, projects: Sequence[str]) -> None:
        self._api = api
        self._projects = tuple(projects)

    def listed(self, state: str) -> Iterator[Rows]:
        """The projects in a state that are to be read."""
        for page in self._api.pages("/projects.json", {"status": state}):
            chosen = [
                row for row in page.rows if not self._projects or id_of(row["id"]) in self._projects
            ]
            yield Rows(chosen, page.at, page.altered)

    def scopes(self) -> list[Scope]:
        """All projects, those that were put away included."""
        return [
            Scope(str(id_of(row["id"])), text(row.get("name")) or "", STATES[state])
            for state in STATES
            for page in self.listed(state)
            for row in page.rows
        ]

    def missing(self, scopes: Sequence[Scope]) -> list[NotVisible]:
        """What is to be said of the configured projects that are not among these."""
        seen = {scope.id for scope in scopes}
        return [_not_visible(id) for id in self._projects if id not in seen]

    def pull(self) -> Iterator[Page]:
        """Every project.

        Raises:
            NotVisible: after all the others, for a configured one that is not there.
        """
        seen: set[str] = set()
        for state in STATES:
            for page in self.listed(state):
                items = [
                    Item(
                        str(id_of(row["id"])),
                        {name: row[name] for name in KEPT if name in row},
                        altered=page.altered,
                    )
                    for row in page.rows
                ]
                seen.update(item.id for item in items)
                yield Page(items)
        for id in self._projects:
            if id not in seen:
                raise _not_visible(id)

    def active(self, scope: str) -> Json:
        """A project by itself.

        Raises:
            NotVisible: it was put away, so that Basecamp does not list what is in it.
        """
        project: Json = self._api.object(f"/projects/{scope}", scope).data
        if project.get("status") != "active":
            raise NotVisible(
                f"The project {scope} is {project.get('status')}: what is in it is not listed.",
                scope=scope,
            )
        return project

    def boards(self) -> list[Lane]:
        """A lane for each card table that is switched on in an active project."""
        return [
            Lane(f"{id_of(row['id'])}/{board}", scope=id_of(row["id"]))
            for page in self.listed("active")
            for row in page.rows
            for tool in objects(row.get("dock"))
            if tool.get("name") == "kanban_board"
            and tool.get("enabled") is True
            and (board := id_of(tool.get("id"))) is not None
        ]

    def board(self, lane: str) -> Page:
        """A card table with its columns in their order."""
        project, _, id = lane.partition("/")
        answer = self._api.object(f"/card_tables/{id}", project)
        body = {name: answer.data[name] for name in BOARD_KEPT if name in answer.data}
        body["lists"] = [
            {name: column[name] for name in ("id", "title", "type") if name in column}
            for column in objects(answer.data.get("lists"))
        ]
        return Page([Item(id, body, scope=project, altered=answer.altered)])


def _not_visible(project: str) -> NotVisible:
    return NotVisible(
        f"Basecamp shows no project {project} to this account.",
        remedy="Add the account to the project, or take its id out of `projects`.",
        scope=project,
    )
