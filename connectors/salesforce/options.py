"""What an admin writes under `options` for a Salesforce organization."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.salesforce.provides import NEEDS
from connectors.sdk.contract import Options
from connectors.sdk.login import HOW

Object = Literal[
    "Task", "Case", "CaseComment", "CaseHistory", "CaseMilestone", "ProcessInstance"
]  # fmt: skip
Tracked = Literal["Status", "Owner", "Priority", "Parent"]
OF_CASES = frozenset({"CaseComment", "CaseHistory", "CaseMilestone", "ProcessInstance"})
CAMPAIGN = "Campaign"
_API_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class SalesforceOptions(Options):
    """Options of a connection to one Salesforce organization."""

    url: str = Field(
        description="My Domain address of the organization, such as "
        "https://acme.my.salesforce.com (a sandbox: https://acme--test.sandbox.my.salesforce.com)."
    )
    client_id: str = Field(description="Consumer key of the connected app.")
    client_secret: SecretStr | None = Field(
        default=None,
        description="Consumer secret of the connected app; alone it signs in as the app's "
        "'run as' user (client credentials flow). Without it, and without `token` and `key`: "
        + HOW,
    )
    token: SecretStr | None = Field(
        default=None, description="Refresh token of the user that reads, instead of the others."
    )
    user: str | None = Field(
        default=None, description="User name to sign in as with `key` (JWT bearer flow)."
    )
    key: SecretStr | None = Field(
        default=None,
        description="Private key (PEM) whose certificate the connected app holds; with `user`.",
    )
    audience: str = Field(
        default="https://login.salesforce.com",
        description="Whom the signed assertion is for, with `key`: a sandbox's is "
        "https://test.salesforce.com.",
    )
    objects: tuple[Object, ...] = Field(
        default=("Task", "Case", "CaseComment", "CaseHistory", "ProcessInstance"),
        description="Objects to read, by API name: Task, Case, CaseComment, CaseHistory, "
        "CaseMilestone (needs entitlement management), ProcessInstance (approvals of cases); "
        "absent: all but CaseMilestone.",
    )
    project_object: str | None = Field(
        default=CAMPAIGN,
        description="API name of the object whose records are projects: Campaign, or an object of "
        "your own such as Project__c; null: there are none.",
    )
    fields: tuple[str, ...] | None = Field(
        default=None,
        description="Custom fields to read, as Case.Target_Date__c; absent: every one that the "
        "account may read.",
    )
    without: tuple[str, ...] = Field(
        default=(),
        description="Standard fields that the account may not read, as Task.Description: what "
        "depends on them then counts as unknown.",
    )
    tracked: tuple[Tracked, ...] = Field(
        default=(),
        description="Fields of cases whose history Salesforce tracks: Status, Owner, Priority, "
        "Parent; only for a connection that reads no Task, which has no history.",
    )
    web_url: str | None = Field(
        default=None,
        description="Address that people open in a browser, where it differs from `url`.",
    )

    @field_validator("project_object")
    @classmethod
    def _is_an_api_name(cls, name: str | None) -> str | None:
        if name is not None and not _API_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no API name of an object")
        return name

    @field_validator("fields")
    @classmethod
    def _are_fields(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in names or ():
            if not re.fullmatch(rf"{_API_NAME.pattern}\.{_API_NAME.pattern}", name):
                raise ValueError(f"{name!r} is not written as Object.Field")
        return names

    @field_validator("without")
    @classmethod
    def _can_be_done_without(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in NEEDS:
                raise ValueError(f"{name!r} is none of: {', '.join(sorted(NEEDS))}")
        return names

    @model_validator(mode="after")
    def _signs_in_one_way(self) -> Self:
        if (self.key is None) != (self.user is None):
            raise ValueError("`key` and `user` belong together")
        if (self.token is not None) + (self.key is not None) > 1:
            raise ValueError("give `token`, or `key` with `user`, not both")
        return self

    @model_validator(mode="after")
    def _reads_cases_with_what_hangs_on_them(self) -> Self:
        if OF_CASES & set(self.objects) and "Case" not in self.objects:
            raise ValueError("what hangs on cases is read with `Case` only")
        if self.tracked and ("CaseHistory" not in self.objects or "Task" in self.objects):
            raise ValueError("`tracked` needs CaseHistory, and no Task, among `objects`")
        return self
