"""Which repositories there are: those configured, else all that the account has a part in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.github.api import Api
from connectors.github.words import text
from connectors.sdk.contract import Json, Lane, Scope
from connectors.sdk.errors import NotVisible, Unexpected


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as it is called now. Its id stays when it is renamed or given away."""

    id: str
    name: str  # with its owner: "octo-org/octo-repo"

    @classmethod
    def of(cls, lane: str) -> Repository:
        """The repository that a lane reads.

        Raises:
            NotVisible: the lane stands for something configured that GitHub does not show.
        """
        id, name, *_ = [*lane.split(" "), ""]
        if not name:
            raise not_visible(lane)
        return cls(id, name)

    def lane(self, *, full: bool = True) -> Lane:
        """The lane that reads it. A new name makes a new lane, and all is read again: every
        address and key in it has changed, which moves no issue's date."""
        return Lane(f"{self.id} {self.name}", scope=self.id, full=full)

    @property
    def path(self) -> str:
        """Where the API has it."""
        return f"/repos/{self.name}"


@dataclass(frozen=True, slots=True)
class Roster:
    """What is configured: rows of the repositories that are visible, names of what is not.

    `partial`: GitHub says that an organization's single sign-on hides more from the token.
    `at`: GitHub's clock, where it gave a list at all.
    """

    rows: Sequence[Json]
    missing: Sequence[str]
    partial: bool
    at: datetime | None

    def with_issues(self) -> list[Repository]:
        """The repositories whose issues are switched on."""
        return [repository(row) for row in self.rows if row.get("has_issues") is not False]

    def scopes(self) -> list[Scope]:
        """The containers; one whose issues are switched off lists none, and is closed."""
        return [
            Scope(
                str(row["id"]),
                str(row.get("full_name")),
                "closed"
                if row.get("has_issues") is False
                else "archived"
                if row.get("archived") is True
                else "active",
                chosen_as=str(row.get("full_name")),
            )
            for row in self.rows
        ]


def repository(row: Json) -> Repository:
    """A row of the API as the repository it speaks of."""
    return Repository(str(row["id"]), str(row.get("full_name")))


def roster(api: Api, repositories: Sequence[str], organizations: Sequence[str], own: str) -> Roster:
    """Ask GitHub for the repositories; all that `own` lists when none is named."""
    rows: dict[int, Json] = {}
    missing: list[str] = []
    partial = False
    at: datetime | None = None
    for organization in organizations:
        try:
            for page in api.pages(f"/orgs/{organization}/repos", {"type": "all"}):
                rows.update((row["id"], row) for row in page.rows)
                partial, at = partial or page.partial, at or page.at
        except NotVisible:
            missing.append(organization)  # said by a lane of its own, and by `check`
    if repositories or not organizations:
        listed: list[Json] = []
        for page in api.pages(own):
            listed += page.rows
            partial, at = partial or page.partial, at or page.at
        named = {str(row.get("full_name")).lower(): row for row in listed}
        if not repositories:
            rows.update((row["id"], row) for row in listed)
        for name in repositories:
            row = named.get(name.lower()) or _by_name(api, name)
            if row is None:
                missing.append(name)
            else:
                rows[row["id"]] = row
    return Roster(list(rows.values()), missing, partial, at)


def _by_name(api: Api, name: str) -> Json | None:
    """A repository in which the account has no part (a public one), or by a former name."""
    try:
        row: Json = api.get(f"/repos/{name}").data
    except NotVisible:
        return None
    if not isinstance(row.get("id"), int) or text(row.get("full_name")) is None:
        raise Unexpected(f"GitHub's answer for /repos/{name} is no repository.")
    return row


def not_visible(name: str) -> NotVisible:
    """What is said of something configured that GitHub does not show."""
    return NotVisible(
        f"{name!r} is not visible to the account that the token belongs to.",
        remedy="Give the token (and its account) access to it, or take it out of `repositories` "
        "and `organizations`.",
        scope=name,
    )
