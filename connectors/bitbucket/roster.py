"""Which repositories are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.bitbucket.api import Api, Rows
from connectors.bitbucket.words import part, text
from connectors.sdk.contract import Json, Scope
from connectors.sdk.errors import NotVisible, Unexpected

ALL = 100  # rows a page, the most that Bitbucket gives


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as it is called now. Its id stays when it is renamed."""

    id: str
    name: str  # with its workspace: "acme/site"

    @property
    def path(self) -> str:
        """Where the API has it; by its id, so that a new name is no matter."""
        return f"/repositories/{self.name.partition('/')[0]}/{self.id}"


@dataclass(frozen=True, slots=True)
class Roster:
    """What is configured: rows of the repositories that are visible, names of what is not.

    `at` is Bitbucket's clock when it told them.
    """

    rows: Sequence[Json]
    missing: Sequence[str]
    at: datetime | None

    def scopes(self) -> list[Scope]:
        """The containers; Bitbucket has no archive."""
        return [
            Scope(each.id, each.name, chosen_as=each.name) for each in map(repository, self.rows)
        ]

    def row(self, id: str) -> Json | None:
        """The repository of an id; None if it is not visible, or not configured."""
        return next((row for row in self.rows if row["uuid"] == id), None)


def repository(row: Json) -> Repository:
    """A row of the API as the repository it speaks of."""
    return Repository(row["uuid"], row["full_name"])


def has_issues(row: Json) -> bool:
    """Whether its issue tracker is switched on; where it is not, asking for issues is a 404."""
    return row.get("has_issues") is True


def workspaces(api: Api, named: Sequence[str], repositories: Sequence[str]) -> list[str]:
    """The workspaces that are looked at: all of ours when nothing is named."""
    if not named and not repositories:
        return list(_own(api))
    return list(dict.fromkeys([*named, *(name.partition("/")[0] for name in repositories)]))


def roster(api: Api, named: Sequence[str], repositories: Sequence[str]) -> Roster:
    """Ask Bitbucket for the repositories.

    Args:
        api: the way to Bitbucket.
        named: workspaces that are read whole.
        repositories: full names of others.
    """
    wanted = {name.lower(): name for name in repositories}
    rows: dict[str, Json] = {}
    missing: list[str] = []
    at: datetime | None = None
    for workspace in workspaces(api, named, repositories):
        whole = workspace in named or not wanted
        try:
            for page in _listed(api, workspace):
                at = at or page.at
                for row in page.rows:
                    if whole or row["full_name"].lower() in wanted:
                        rows[row["uuid"]] = row
        except NotVisible:
            if whole:
                missing.append(workspace)  # said by a lane of its own, and by `check`
    found = {row["full_name"].lower() for row in rows.values()}
    missing += [name for lower, name in wanted.items() if lower not in found]
    return Roster(list(rows.values()), missing, at)


def _own(api: Api) -> Iterator[str]:
    for page in api.pages("/user/workspaces", {"pagelen": ALL}):
        for row in page.rows:
            slug = text(part(row, "workspace").get("slug"))
            if slug is None:
                raise Unexpected("Bitbucket lists a workspace without its name.")
            yield slug


def _listed(api: Api, workspace: str) -> Iterator[Rows]:
    asked = {"pagelen": ALL, "sort": "created_on"}
    for page in api.pages(f"/repositories/{workspace}", asked):
        for row in page.rows:
            name = text(row.get("full_name"))
            if text(row.get("uuid")) is None or name is None or "/" not in name:
                raise Unexpected(f"A repository of {workspace} has no id, or no name.")
        yield page


def not_visible(name: str) -> NotVisible:
    """What is said of something configured that Bitbucket does not show."""
    return NotVisible(
        f"{name!r} is not visible to the account that reads.",
        remedy="Give the account (and the token) access to it, correct the name, or take it out "
        "of `repositories` and `workspaces`.",
        scope=name,
    )
