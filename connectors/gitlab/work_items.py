"""What REST tells of an issue only one by one or not at all, asked by GraphQL in bulk.

Parents, links, booked time and statuses of up to fifty issues of a project come in one question;
REST has links at a request an issue, and of the rest nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connectors.gitlab.api import Api
from connectors.gitlab.values import mapping, nodes, objects, text
from connectors.sdk.contract import Json
from connectors.sdk.errors import NotVisible, Unexpected

AT_ONCE = 50
"""Issues in one question: GitLab counts a question's complexity, and refuses above 250."""

MOST_PAGES = 1000

_TIMES = """
timelogs(first: 100, after: $after) {
  nodes { id timeSpent spentAt summary user { id } }
  pageInfo { hasNextPage endCursor }
}
"""
_PLACE = "iid project { id } namespace { id }"
_STATUS = "... on WorkItemWidgetStatus { status { name category } }"
_QUERY = """
query($path: ID!, $iids: [String!], $after: String) {
  project(fullPath: $path) {
    workItems(iids: $iids, first: 50) {
      nodes { iid widgets { %s } }
    }
  }
}
"""


def query(*, statuses: bool) -> str:
    """The question for all that is wanted of work items."""
    return _QUERY % "\n".join(
        (
            f"... on WorkItemWidgetHierarchy {{ parent {{ {_PLACE} }} }}",
            "... on WorkItemWidgetLinkedItems { linkedItems(first: 100) {"
            f" nodes {{ linkId linkType workItem {{ {_PLACE} }} }}"
            " pageInfo { hasNextPage } } }",
            f"... on WorkItemWidgetTimeTracking {{ {_TIMES} }}",
            _STATUS if statuses else "",
        )
    )


MORE_TIMES = _QUERY % f"... on WorkItemWidgetTimeTracking {{ {_TIMES} }}"
"""The question for the rest of an issue's booked time."""


def details(
    api: Api, project: str, path: str, iids: Sequence[str], *, statuses: bool
) -> Mapping[str, Json]:
    """By iid: `parent`, `links`, `timelogs`, `status` of the issues that GraphQL gives.

    Raises:
        NotVisible: the project is not (any more).
    """
    found: dict[str, Json] = {}
    for first in range(0, len(iids), AT_ONCE):
        asked = {"path": path, "iids": list(iids[first : first + AT_ONCE])}
        for item in _items(api.graphql(query(statuses=statuses), asked, project), path, project):
            iid = text(item.get("iid"))
            if iid in asked["iids"]:
                found[str(iid)] = _detail(api, project, path, str(iid), item)
    return found


def _detail(api: Api, project: str, path: str, iid: str, item: Json) -> Json:
    widgets = _merged(objects(item.get("widgets")))
    links = mapping(widgets.get("linkedItems"))
    if mapping(links.get("pageInfo")).get("hasNextPage") is True:
        raise Unexpected(f"GitLab says {path}#{iid} has more than 100 links.", scope=project)
    return {
        "parent": widgets.get("parent"),
        "links": nodes(links),
        "timelogs": list(_times(api, project, path, iid, mapping(widgets.get("timelogs")))),
        "status": widgets.get("status"),
    }


def _times(
    api: Api, project: str, path: str, iid: str, connection: Mapping[str, Any]
) -> Iterator[Json]:
    """All booked time of an issue, the rest of it page by page."""
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        yield from nodes(connection)
        page = mapping(connection.get("pageInfo"))
        if page.get("hasNextPage") is not True:
            return
        after = text(page.get("endCursor"))
        if after is None or after in seen:
            break
        seen.add(after)
        data = api.graphql(MORE_TIMES, {"path": path, "iids": [iid], "after": after}, project)
        items = [each for each in _items(data, path, project) if each.get("iid") == iid]
        if not items:
            break
        connection = mapping(_merged(objects(items[0].get("widgets"))).get("timelogs"))
    raise Unexpected(f"GitLab's booked time of {path}#{iid} does not end.", scope=project)


def _items(data: Json, path: str, project: str) -> list[Json]:
    held = data.get("project")
    if held is None:
        raise NotVisible(f"GitLab does not show the project {path}.", scope=project)
    items = mapping(mapping(held).get("workItems")).get("nodes")
    if not isinstance(items, list):
        raise Unexpected(f"GitLab gave no work items of {path}.", scope=project)
    return objects(items)


def _merged(widgets: Iterable[Json]) -> dict[str, Any]:
    """Widgets are a list of objects with a few names each; no two share one that we ask for."""
    return {name: value for widget in widgets for name, value in widget.items()}
