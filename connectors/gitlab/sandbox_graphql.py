"""The imitated GraphQL: the part of the schema that work items need, without an engine for it.

What the schema does not have is refused as GitLab would refuse it; so a question with a wrong word
fails here too. That the words are GitLab's is from its reference.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any

from connectors.gitlab.sandbox_render import number
from connectors.sdk.records import Link, Project, Task, Worklog
from connectors.sdk.sandbox import Reply, World

Out = dict[str, Any]
TYPES = {
    "WorkItemWidgetHierarchy", "WorkItemWidgetLinkedItems", "WorkItemWidgetTimeTracking",
    "WorkItemWidgetStatus",
}  # fmt: skip
PAID_TYPES = {"WorkItemWidgetStatus"}
WORDS = {
    "query", "on", "ID", "String", "project", "fullPath", "path", "workItems", "iids", "first",
    "after", "nodes", "iid", "id", "widgets", "parent", "namespace", "linkedItems", "linkId",
    "linkType", "workItem", "timelogs", "timeSpent", "spentAt", "summary", "user", "pageInfo",
    "hasNextPage", "endCursor", "status", "name", "category",
}  # fmt: skip
CATEGORIES = {
    "todo": "to_do",
    "in_progress": "in_progress",
    "done": "done",
    "cancelled": "canceled",
}
NAMES = {
    "todo": "To do", "in_progress": "In progress", "done": "Done", "cancelled": "Won't do",
}  # fmt: skip


class GraphQL:
    """Answers about work items.

    Args:
        world: the records.
        page: the most nodes of booked time in one answer.
        paid: whether the plan has statuses.
    """

    def __init__(self, world: World, page: int, *, paid: bool) -> None:
        self.world = world
        self.page = page
        self.paid = paid

    def answer(self, body: Any, project: Project | None) -> Reply:
        """The answer to a question about a project, which is None where it may not be seen."""
        query, variables = str(body["query"]), body.get("variables") or {}
        for word in re.findall(r"[A-Za-z]\w*", query):
            unknown = word not in WORDS and (
                word not in TYPES or (word in PAID_TYPES and not self.paid)
            )
            if unknown:
                said = f"No such type {word}, so it can't be a fragment condition"
                if not word.startswith("Work"):
                    said = f"Field '{word}' doesn't exist on type 'WorkItem'"
                return Reply.of({"errors": [{"message": said}]})
        if project is None:
            return Reply.of({"data": {"project": None}})
        wanted = variables.get("iids") or []
        tasks = [
            task
            for task in self.world.where(Task, "project_id", project.id)
            if task.id.partition("-")[2] in wanted
        ]
        after = str(variables.get("after") or "")
        nodes = [self._item(task, query, after) for task in tasks]
        return Reply.of({"data": {"project": {"workItems": {"nodes": nodes}}}})

    def _item(self, task: Task, query: str, after: str) -> Out:
        widgets: list[Out] = [{}]  # a widget that no fragment asks for
        if "WorkItemWidgetHierarchy" in query:
            parent = self.world.get(Task, task.parent_id) if task.parent_id else None
            widgets.append({"parent": parent and _place(parent.id)})
        if "WorkItemWidgetLinkedItems" in query:
            links = [self._link(task, each) for each in self._links(task)]
            page = {"hasNextPage": False}
            widgets.append({"linkedItems": {"nodes": links, "pageInfo": page}})
        if "WorkItemWidgetTimeTracking" in query:
            widgets.append({"timelogs": self._times(task, after)})
        if "WorkItemWidgetStatus" in query:
            status = task.status or "todo"
            named = {"name": NAMES[status], "category": CATEGORIES[status]}
            widgets.append({"status": named})
        return {"iid": task.id.partition("-")[2], "widgets": widgets}

    def _links(self, task: Task) -> Sequence[Link]:
        return [
            *self.world.where(Link, "from_id", task.id), *self.world.where(Link, "to_id", task.id),
        ]  # fmt: skip

    def _link(self, task: Task, link: Link) -> Out:
        other = link.to_id if link.from_id == task.id else link.from_id
        kind = "relates_to"
        if link.type == "blocks":
            kind = "blocks" if link.from_id == task.id else "is_blocked_by"
        return {
            "linkId": f"gid://gitlab/WorkItems::RelatedWorkItemLink/{number(link.id)}",
            "linkType": kind,
            "workItem": _place(other),
        }

    def _times(self, task: Task, after: str) -> Out:
        start = int(base64.b64decode(after)) if after else 0
        held = self.world.where(Worklog, "task_id", task.id)
        end = start + self.page
        return {
            "nodes": [
                {
                    "id": f"gid://gitlab/WorkItemTimelog/{number(each.id)}",
                    "timeSpent": each.minutes * 60,
                    "spentAt": f"{each.on.isoformat()}T12:00:00Z",
                    "summary": each.text,
                    "user": each.person_id and {"id": f"gid://gitlab/User/{each.person_id}"},
                }
                for each in held[start:end]
            ],
            "pageInfo": {
                "hasNextPage": end < len(held),
                "endCursor": base64.b64encode(str(end).encode()).decode(),
            },
        }


def _place(task_id: str) -> Out:
    """An issue or an epic as a reference."""
    place, _, iid = task_id.partition("-")
    if task_id.startswith("g"):
        group = {"id": f"gid://gitlab/Group/{place[1:]}"}
        return {"iid": iid, "project": None, "namespace": group}
    space = {"id": f"gid://gitlab/Namespaces::ProjectNamespace/{10**6 + int(place)}"}
    return {"iid": iid, "project": {"id": f"gid://gitlab/Project/{place}"}, "namespace": space}
