"""What became of issues that a census did not list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.gitlab.api import Api
from connectors.gitlab.roster import project_path
from connectors.gitlab.values import mapping, number
from connectors.sdk.contract import Json
from connectors.sdk.records import GoneReason

SEES_CONFIDENTIAL = 15
"""Access level Planner: from it on every issue of a project is seen, confidential ones too."""


def fate(api: Api, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
    """Read each issue by itself, and the project of those that are not there.

    GitLab answers 404 alike for what was deleted and what is hidden. So a missing issue counts as
    deleted only where the account would see it; what became of a hidden project is unknown.
    A moved issue stays, closed, where it was.
    """
    found: dict[str, GoneReason | None] = {}
    reasons: dict[str, GoneReason] = {}
    for id in ids:
        project, _, iid = id.partition("-")
        if api.find(f"{project_path(project)}/issues/{iid}").rows:
            found[id] = None
            continue
        if project not in reasons:
            reasons[project] = _reason(api, project)
        found[id] = reasons[project]
    return found


def _reason(api: Api, project: str) -> GoneReason:
    """What the absence of an issue means in a project."""
    rows = api.find(project_path(project)).rows
    if not rows or _shut(rows[0]):
        return "unknown"
    if _level(rows[0]) >= SEES_CONFIDENTIAL or api.one("/v4/user")[0].get("is_admin") is True:
        return "deleted"
    return "unknown"


def _shut(project: Json) -> bool:
    """Whether issues are switched off in the project, which hides all of them."""
    return (
        project.get("issues_enabled") is False or project.get("issues_access_level") == "disabled"
    )


def _level(project: Json) -> float:
    """The account's access level in a project, by itself or by a group; 0 for none."""
    permissions = mapping(project.get("permissions"))
    levels = (
        number(mapping(permissions.get(kind)).get("access_level"))
        for kind in ("project_access", "group_access")
    )
    return max((each for each in levels if each is not None), default=0)
