"""People, words and containers in the shapes of Jira's answers."""

from __future__ import annotations

from typing import Any

import orjson

from connectors.jira.sandbox_adopt import Adoption
from connectors.jira.sandbox_words import (
    EPIC_FIELD,
    FLAGGED_FIELD,
    POINTS_FIELD,
    RANK_FIELD,
    SCHEMA,
    SITE,
    SPRINT_FIELD,
    START_FIELD,
    number_for,
    written_zulu,
)
from connectors.sdk.records import (
    Milestone,
    Person,
    Project,
    Sprint,
)

CATEGORY_NUMBER = {"undefined": 1, "new": 2, "done": 3, "indeterminate": 4}
CATEGORY_NAME = {"undefined": "No Category", "new": "To Do", "done": "Done"}
CUSTOM_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"

Fields = dict[str, Any]


class Shapes:
    """Writes the world of a sandbox as Jira would: people, words, containers.

    Args:
        sandbox: whose records.
        cloud: the shapes of Cloud (ADF, account ids), else those of Data Center.
    """

    def __init__(self, sandbox: Adoption, cloud: bool) -> None:
        self.sandbox = sandbox
        self.cloud = cloud
        self.rest = "/rest/api/3" if cloud else "/rest/api/2"
        self._fragments: dict[tuple[str, str | None], orjson.Fragment] = {}
        self._fragments_of = -1

    # -- people, words -------------------------------------------------------------------------

    def user(self, person: Person) -> Fields:
        """An account."""
        shared = {
            "displayName": person.name,
            "active": person.active,
            **({"emailAddress": person.email} if person.email else {}),
            **({"timeZone": person.time_zone} if person.time_zone else {}),
        }
        if self.cloud:
            kind = {"app": "app", "customer": "customer"}.get(person.kind, "atlassian")
            link = f"{SITE}{self.rest}/user?accountId={person.id}"
            return {"self": link, "accountId": person.id, "accountType": kind, **shared}
        link = f"{SITE}{self.rest}/user?username={person.id}"
        return {"self": link, "key": person.id, "name": person.id, **shared}

    def _user(self, id_: str | None) -> Any:
        if id_ is None:
            return None
        key = ("user", id_)
        if key not in self._fragments:
            person = self.sandbox.world.get(Person, id_) or Person(id=id_, name="Former user")
            self._fragments[key] = orjson.Fragment(orjson.dumps(self.user(person)))
        return self._fragments[key]

    def status(self, word: str) -> Fields:
        """A status with its category."""
        category = self.sandbox.categories.setdefault(word, "indeterminate")
        return {
            "self": f"{SITE}{self.rest}/status/{status_id(word)}",
            "description": "",
            "name": word,
            "id": status_id(word),
            "statusCategory": {
                "id": CATEGORY_NUMBER[category],
                "key": category,
                "colorName": "blue-gray",
                "name": CATEGORY_NAME.get(category, "In Progress"),
            },
        }

    def _status(self, word: str) -> Any:
        key = ("status", word)
        if key not in self._fragments:
            self._fragments[key] = orjson.Fragment(orjson.dumps(self.status(word)))
        return self._fragments[key]

    def project(self, project: Project, insight: Fields | None = None) -> Fields:
        """A project of the roster."""
        return {
            "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
            "self": f"{SITE}{self.rest}/project/{project.id}",
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "description": project.description or "",
            "projectTypeKey": "software",
            "simplified": False,
            "style": "classic",
            "isPrivate": False,
            **({"lead": self._user(project.owner_id)} if project.owner_id else {}),
            **({"archived": True} if project.state == "archived" else {}),
            **({"deleted": True} if project.state == "trashed" else {}),
            **({"insight": insight} if insight is not None else {}),
        }

    def _project(self, id_: str | None) -> Any:
        project = self.sandbox.world.get(Project, id_) if id_ else None
        if project is None:
            return None
        key = ("project", id_)
        if key not in self._fragments:
            self._fragments[key] = orjson.Fragment(orjson.dumps(self.project(project)))
        return self._fragments[key]

    def version(self, milestone: Milestone) -> Fields:
        """A version."""
        days = {"startDate": milestone.start_on, "releaseDate": milestone.due_on}
        return {
            "self": f"{SITE}{self.rest}/version/{milestone.id}",
            "id": milestone.id,
            "name": milestone.name,
            "archived": milestone.state == "cancelled",
            "released": milestone.state == "done",
            "projectId": int(milestone.project_id or 0),
            **({"description": milestone.description} if milestone.description else {}),
            **{name: day for name, day in days.items() if day is not None},
        }

    def sprint(self, sprint: Sprint) -> Fields:
        """A sprint of a board."""
        times = {
            "startDate": written_zulu(sprint.start_at),
            "endDate": written_zulu(sprint.end_at),
            "completeDate": written_zulu(sprint.completed_at),
        }
        return {
            "id": int(sprint.id),
            "self": f"{SITE}/rest/agile/1.0/sprint/{sprint.id}",
            "state": sprint.state,
            "name": sprint.name,
            "originBoardId": int(sprint.board_id or 0),
            **({"goal": sprint.goal} if sprint.goal is not None else {}),
            **{name: at for name, at in times.items() if at is not None},
        }

    # -- the site's own words ------------------------------------------------------------------

    def fields(self) -> list[Fields]:
        """The site's fields: Jira's own, those of its boards, the custom ones."""
        found: list[Fields] = [
            {"id": "summary", "name": "Summary", "custom": False, "schema": {"type": "string"}},
            {"id": "parent", "name": "Parent", "custom": False},
            _field(POINTS_FIELD, "Story Points", "number", f"{CUSTOM_TYPES}float"),
            _field(START_FIELD, "Start date", "date", f"{CUSTOM_TYPES}datepicker"),
            _field(FLAGGED_FIELD, "Flagged", "array", f"{CUSTOM_TYPES}multicheckboxes"),
            _field(SPRINT_FIELD, "Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint"),
            _field(RANK_FIELD, "Rank", "any", "com.pyxis.greenhopper.jira:gh-lexo-rank"),
        ]
        if not self.cloud:
            found.append(
                _field(EPIC_FIELD, "Epic Link", "any", "com.pyxis.greenhopper.jira:gh-epic-link")
            )
        found += [
            _field(id_, name, kind, f"{CUSTOM_TYPES}{SCHEMA[kind]}")
            for id_, (name, kind) in sorted(self.sandbox.custom.items())
        ]
        return found


def status_id(word: str) -> str:
    """The id of a status."""
    return number_for("status", word)[:8]


def _field(id_: str, name: str, kind: str, made_by: str) -> Fields:
    schema = {"type": kind, "custom": made_by, "customId": int(id_.rpartition("_")[2])}
    return {"id": id_, "key": id_, "name": name, "custom": True, "schema": schema}
