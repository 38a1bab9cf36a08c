"""The questions of the GraphQL API that the imitated GitHub answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from connectors.github.sandbox_boards import SandboxBoards
from connectors.github.sandbox_render import Object, issue_node, node_id, user_node
from connectors.sdk.records import Person, Project, Task
from connectors.sdk.sandbox import Request, World

NAME = re.compile(r"\bquery (\w+)")


class GraphQl:
    """Answers by the name of the question.

    Args:
        numbers: the numbers of a repository's issues, None while they are switched off.
        visible: whether the credential sees a repository.
    """

    def __init__(
        self,
        world: World,
        boards: SandboxBoards,
        page_size: int,
        numbers: Callable[[Project], list[int] | None],
        visible: Callable[[str], bool],
    ) -> None:
        self._world = world
        self._boards = boards
        self._page_size = page_size
        self._numbers = numbers
        self._visible = visible

    def answer(self, request: Request) -> Object:
        """What GitHub says: data, and errors beside them."""
        asked = request.json()
        found = NAME.search(str(asked.get("query")))
        name, variables = found[1] if found else "", asked.get("variables") or {}
        if name == "Board":
            return self._board(variables)
        many = "ids" in variables
        nodes: list[Object | None] = []
        errors = []
        for place, id in enumerate(variables["ids"] if many else [variables["id"]]):
            nodes.append(self._node(name, id, variables))
            if nodes[-1] is None:
                said = f"Could not resolve to a node with the global id of '{id}'"
                path = ["nodes", place] if many else ["node"]
                errors.append({"type": "NOT_FOUND", "path": path, "message": said})
        answer: Object = {"data": {"nodes": nodes} if many else {"node": nodes[0]}}
        return {**answer, "errors": errors} if errors else answer

    def _board(self, variables: Object) -> Object:
        found = self._boards.of(int(variables["number"])) if variables["owner"] == "acme" else None
        if found is None:
            said = f"Could not resolve to a ProjectV2 with the number {variables['number']}."
            error = {
                "type": "NOT_FOUND", "path": ["repositoryOwner", "projectV2"], "message": said,
            }  # fmt: skip
            return {"data": {"repositoryOwner": {"projectV2": None}}, "errors": [error]}
        return {"data": {"repositoryOwner": {"projectV2": found}}}

    def _node(self, name: str, id: str, variables: Object) -> Object | None:
        match name:
            case "OnBoard":
                return self._on_board(1 if id.endswith("1") else 2, variables)
            case "Placed" | "MorePlaced":
                return self._placed(id, variables, 5 if name == "Placed" else 50)
            case _:
                return self._repository(name, id, variables)

    def _on_board(self, number: int, variables: Object) -> Object | None:
        found = self._boards.of(number)
        if found is None:
            return None
        rows = self._boards.listed(number, lambda task: self._visible(task.project_id or ""))
        items = {"totalCount": len(rows), **self._connection(rows, variables, 100)}
        return {"updatedAt": found["updatedAt"], "items": items}

    def _placed(self, id: str, variables: Object, first: int) -> Object | None:
        for task in self._world.all(Task):
            if issue_node(task.id) == id and self._visible(task.project_id or ""):
                places = self._boards.places(task)
                return {"projectItems": self._connection(places, variables, first)}
        return None

    def _repository(self, name: str, id: str, variables: Object) -> Object | None:
        project = next(
            (each for each in self._world.all(Project)
             if node_id(each.id) == id and self._visible(each.id)),
            None,
        )  # fmt: skip
        if project is None:
            return None
        if name in ("People", "MorePeople"):
            people = [user_node(each) for each in self._world.all(Person)]
            return {"assignableUsers": self._connection(people, variables, 100)}
        numbers = self._numbers(project)
        rows = [{"number": each} for each in numbers or ()]
        first = int(variables.get("first") or 100)
        issues = {"totalCount": len(rows), **self._connection(rows, variables, first)}
        return {"hasIssuesEnabled": numbers is not None, "issues": issues}

    def _connection(self, nodes: Sequence[Any], variables: Object, first: int) -> Object:
        """A page of a list."""
        start = int(str(variables.get("after") or "cursor:0").removeprefix("cursor:"))
        end = start + min(first, self._page_size)
        more = end < len(nodes)
        info = {"hasNextPage": more, "endCursor": f"cursor:{min(end, len(nodes))}"}
        return {"pageInfo": info, "nodes": list(nodes[start:end])}
