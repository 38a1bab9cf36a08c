"""What is around tasks: projects, people and boards, each read whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.sdk.contract import Item, Page, Scope
from connectors.sdk.errors import NotVisible
from connectors.teamwork import mapping
from connectors.teamwork.api import BY_ID, Api, Rows
from connectors.teamwork.tasks import CustomFields, Stages, names_of, values_of
from connectors.teamwork.words import GROUPS, id_of, ref, refs, text

PROJECT_KEPT = (
    "id", "name", "description", "status", "subStatus", "startAt", "startDate", "endAt", "endDate",
    "projectOwner", "ownerId", "projectOwnerId", "ownedBy", "createdAt", "updatedAt", "completedAt",
)  # fmt: skip
PERSON_KEPT = ("id", "firstName", "lastName", "email", "type", "deleted")


class Catalog:
    """Reads what is around tasks.

    Args:
        api: the way to Teamwork.
        site: address of the pages that people open.
        filters: the only projects to read, and whether archived ones are.
        custom: ask for custom fields as well.
    """

    def __init__(self, api: Api, site: str, filters: Mapping[str, Any], *, custom: bool) -> None:
        self._api = api
        self._site = site
        self._filters = filters
        self._custom = custom

    def scopes(self) -> list[Scope]:
        """The projects that are visible now."""
        return [scope_of(row) for page in self._project_pages() for row in page.rows]

    def _project_pages(self, **further: Any) -> Iterator[Rows]:
        params = {**BY_ID, **self._filters, **further}
        return self._api.pages("/projects.json", "projects", params)

    def projects(self) -> Iterator[Page]:
        """Projects with their company, category, tags and custom fields."""
        include, custom = "companies,projectCategories,tags", self._custom
        fields = CustomFields(self._api, "project")
        pages = self._project_pages(
            include=f"{include},customfieldProjects" if custom else include,
            includeCustomFields=custom,
        )
        for page in pages:
            values = values_of(page, "customfieldProjects", "project")
            items = []
            for row in page.rows:
                id = str(id_of(row["id"]))
                company = ref(row, "company", "companyId")
                category = ref(row, "category", "categoryId")
                body = {
                    "project": _only(row, PROJECT_KEPT),
                    "company": text(page.included_one("companies", company).get("name")),
                    "category": text(page.included_one("projectCategories", category).get("name")),
                    "tags": names_of(
                        page, "tags", refs(row.get("tags")) or refs(row.get("tagIds"))
                    ),
                    "fields": fields.of(id, values[id]) if custom else [],
                    "site": self._site,
                }
                items.append(Item(id, body, altered=page.altered))
            yield Page(items)

    def people(self) -> Iterator[Page]:
        """People, then the teams and companies to which work can be given as a whole."""
        for page in self._api.pages("/people.json", "people", BY_ID):
            yield Page(
                [
                    Item(
                        str(id_of(row["id"])),
                        {"person": _only(row, PERSON_KEPT)},
                        None,
                        page.altered,
                    )
                    for row in page.rows
                ]
            )
        for kind, key in (("teams", "team"), ("companies", "company")):
            try:
                for page in self._api.pages(f"/{kind}.json", kind):
                    yield Page(
                        [
                            Item(
                                f"{GROUPS[kind]}{id_of(row['id'])}",
                                {key: _only(row, ("id", "name"))},
                                None,
                                page.altered,
                            )
                            for row in page.rows
                        ]
                    )
            except NotVisible as error:
                yield Page(unread=[(kind, error.message)])

    def boards(self) -> Iterator[Page]:
        """Workflows with their stages."""
        stages = Stages(self._api)
        for page in self._api.pages("/workflows.json", "workflows"):
            items = []
            for row in page.rows:
                id = str(id_of(row["id"]))
                held = [_only(stage, ("id", "name")) for stage in stages.rows(id)]
                body = {"workflow": _only(row, ("id", "name")), "stages": held}
                items.append(Item(id, body, altered=page.altered))
            yield Page(items)


def _only(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}


def scope_of(row: Mapping[str, Any]) -> Scope:
    """A project as a scope."""
    id = str(id_of(row["id"]))
    return Scope(id, text(row.get("name")) or id, mapping.state_of(row))
