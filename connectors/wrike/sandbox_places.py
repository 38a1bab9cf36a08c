"""The half of the sandbox that knows where things lie and who sees them."""

from __future__ import annotations

from connectors.sdk.records import Link, Membership, Project, Task
from connectors.wrike import sandbox_render as render
from connectors.wrike.sandbox_adopt import OWN_STATUS, Adoption
from connectors.wrike.sandbox_asked import Refused
from connectors.wrike.sandbox_render import Object
from connectors.wrike.sandbox_words import (
    ACCOUNT,
    BIN,
    GROUP_OF,
    PREFIXES,
    ROOT,
    code,
    status_id,
)

WORK = "Work"  # the plain folder in each project in which every other of its tasks lies


class Places(Adoption):
    """Spaces, projects and plain folders as the one user sees them."""

    def is_visible(self, task_id: str | None) -> bool:
        """Whether the user sees a task."""
        task = self.world.get(Task, task_id or "")
        return task is not None and task.project_id not in self.hidden

    def task_json(self, task: Task) -> Object:
        """A task with all that it has."""
        homes = [task.project_id or ""]
        first = self._work(homes[0]) if code(task.id, length=1) < "N" else homes[0]
        others = [
            each.container_id for each in self.world.where(Membership, "task_id", task.id)
            if each.container_id not in self.hidden
        ]  # fmt: skip
        links = self.world.where(Link, "from_id", task.id)
        return render.task(
            task,
            parents=[first, *others],
            above=[],
            links=[*links, *self.world.where(Link, "to_id", task.id)],
            children=self.world.where(Task, "parent_id", task.id),
            fields=self.fields,
        )

    def _work(self, project: str) -> str:
        return PREFIXES[Project] + code(WORK, project)

    def seen_spaces(self) -> dict[str, str]:
        """The spaces that the user sees, by id."""
        return {id: name for id, name in self.spaces.items() if id not in self.hidden}

    def tree(self) -> list[Object]:
        """The virtual root and recycle bin, then all folders that the user sees."""
        spaces = self.seen_spaces()
        shown = [
            each for each in self.world.all(Project)
            if each.id not in self.hidden and each.id not in self.spaces
        ]  # fmt: skip
        ids = {each.id for each in shown} | spaces.keys()
        under: dict[str, list[str]] = {}
        for each in shown:
            above = each.parent_id if each.parent_id in ids else ROOT
            under.setdefault(str(above), []).append(each.id)
        rows = [
            render.branch(ROOT, "Root", [*spaces, *under.get(ROOT, [])], "WsRoot"),
            render.branch(BIN, "Recycle Bin", [], "RbRoot"),
        ]
        rows += [render.branch(id, name, under.get(id, [])) for id, name in spaces.items()]
        for each in shown:
            work = self._work(each.id)
            rows.append(
                {
                    **render.branch(each.id, each.name, [work, *under.get(each.id, [])]),
                    "project": render.project(each),
                }
            )
            rows.append(render.branch(work, WORK, []))
        return rows

    def folder(self, id: str) -> Object | None:
        if id in self.hidden:
            raise forbidden()
        tree = {row["id"]: row for row in self.tree()}
        if id not in tree:
            gone = self.world.gone.get((Project, id))
            return render.branch(id, "", [], "RbFolder") if gone else None
        parents = [row["id"] for row in tree.values() if id in row["childIds"]]
        return render.folder(tree[id], self.world.get(Project, id), parents, self.fields)

    def below(self, id: str) -> set[str]:
        """The projects in a folder, whatever lies between, and itself."""
        tree = {row["id"]: row for row in self.tree()}
        if id not in tree:
            raise (
                forbidden()
                if id in self.hidden
                else Refused(404, "resource_not_found", "Requested entity not found")
            )
        found, level = set[str](), [id]
        while level:
            found.update(level)
            level = [child for each in level for child in tree[each]["childIds"]]
        return found

    def homes(self, task: Task | None) -> set[str]:
        """The projects in which a task lies."""
        if task is None:
            return set()
        places = self.world.where(Membership, "task_id", task.id)
        return {task.project_id or "", *(each.container_id for each in places)}

    def workflows(self) -> list[Object]:
        """Each way to begin has a workflow of its own; the first has all other statuses."""
        used = dict.fromkeys(
            (task.status or "in_progress", str(task.status_label)) for task in self.world.all(Task)
        )
        statuses = [
            {
                "id": status_id(status, label), "name": label, "standardName": False,
                "color": "Blue", "standard": status == "todo", "group": GROUP_OF[status],
                "hidden": False,
            }
            for status, label in [*used, ("in_progress", OWN_STATUS)]
        ]  # fmt: skip
        begin = [each for each in statuses if each["standard"]]
        rest = [each for each in statuses if not each["standard"]]
        groups = [[*begin[:1], *rest], *([each] for each in begin[1:])]
        return [
            {"id": f"{ACCOUNT}K7{number}", "name": f"Workflow {number}", "standard": not number,
             "hidden": False, "customStatuses": each}
            for number, each in enumerate(groups)
        ]  # fmt: skip


def forbidden() -> Refused:
    """The refusal of what is there, but not shown."""
    return Refused(403, "access_forbidden", "Access to requested entity is denied for user")
