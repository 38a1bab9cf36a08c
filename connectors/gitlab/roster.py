"""Which projects are read, and with how few questions their changes can be asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from connectors.gitlab.api import Api, Rows
from connectors.gitlab.options import GitLabOptions
from connectors.gitlab.values import mapping, text
from connectors.gitlab.words import project_state
from connectors.sdk.contract import Json, Scope
from connectors.sdk.errors import NotVisible


@dataclass(frozen=True, slots=True)
class Roster:
    """The projects that are configured and visible now.

    Args:
        projects: by id.
        missing: groups and projects that are configured and not visible.
        clock: GitLab's time when it began to list them.
    """

    projects: Mapping[str, Json] = field(default_factory=dict)
    missing: Sequence[str] = ()
    clock: datetime | None = None

    def scopes(self) -> list[Scope]:
        """As the engine lists them."""
        return [Scope(id, path_of(row), project_state(row)) for id, row in self.projects.items()]

    def groups(self) -> list[str]:
        """Full paths of the groups in which the projects lie, at every level."""
        found: dict[str, None] = {}
        for row in self.projects.values():
            steps = (_group(row) or "").split("/")
            found.update(dict.fromkeys("/".join(steps[: n + 1]) for n in range(len(steps))))
        return [path for path in found if path]

    def places(self) -> list[Place]:
        """The fewest questions that cover all projects: a group's covers its subgroups'.

        A group with one project of ours is not asked: it may have a thousand others.
        """
        members: dict[str, list[str]] = {}
        alone: list[str] = []
        groups = {path for row in self.projects.values() if (path := _group(row))}
        for id, row in self.projects.items():
            path = _group(row)
            top = _top(path, groups) if path else None
            if top is None:
                alone.append(id)
            else:
                members.setdefault(top, []).append(id)
        alone += [ids[0] for ids in members.values() if len(ids) == 1]
        shared = [Place(group_path(top), ids) for top, ids in members.items() if len(ids) > 1]
        return shared + [Place(project_path(id), [id]) for id in alone]


@dataclass(frozen=True, slots=True)
class Place:
    """A group or project whose issues are asked for in one question, and our projects in it."""

    path: str
    projects: Sequence[str]


def read(api: Api, options: GitLabOptions) -> Roster:
    """The roster as it is now."""
    projects: dict[str, Json] = {}
    missing: list[str] = []
    clock: datetime | None = None
    for rows in _listed(api, options, missing):
        clock = clock or rows.clock
        projects.update((str(row["id"]), row) for row in rows.rows)
    return Roster(projects, missing, clock)


def _listed(api: Api, options: GitLabOptions, missing: list[str]) -> Iterator[Rows]:
    if options.groups is None and options.projects is None:
        yield from api.keyset("/v4/projects", {"membership": "true"})
    within = {
        "include_subgroups": "true", "with_shared": "false", "order_by": "id", "sort": "asc",
    }  # fmt: skip
    for name in options.groups or ():
        try:
            yield from api.numbered(f"{group_path(name)}/projects", within)
        except NotVisible:
            missing.append(name)  # told by whoever reads the roster; the others are read
    for name in options.projects or ():
        found = api.find(project_path(name))
        if found.rows:
            yield found
        else:
            missing.append(name)


def path_of(project: Json) -> str:
    """A project's full path, as people know it."""
    return text(project.get("path_with_namespace")) or text(project.get("name")) or "?"


def project_path(name: str) -> str:
    """Where the API has a project, by id or by full path."""
    return f"/v4/projects/{quote(name, safe='')}"


def group_path(name: str) -> str:
    """Where the API has a group, by id or by full path."""
    return f"/v4/groups/{quote(name, safe='')}"


def _group(project: Json) -> str | None:
    """The full path of a project's group; None for a person's own project."""
    space = mapping(project.get("namespace"))
    return text(space.get("full_path")) if space.get("kind") == "group" else None


def _top(path: str, groups: Iterable[str]) -> str:
    """The outermost of the groups that holds a group."""
    return min((each for each in groups if f"{path}/".startswith(f"{each}/")), key=len)
