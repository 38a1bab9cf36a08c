"""What an admin writes to connect a GitLab account."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from connectors.sdk.contract import Options
from connectors.sdk.login import HOW


class GitLabOptions(Options):
    """How a GitLab is reached, and what of it is read."""

    url: str = Field(
        default="https://gitlab.com",
        description="Address of the GitLab, with its path where it has one.",
    )
    token: SecretStr | None = Field(
        default=None,
        description="Personal, group or project access token with the scope `read_api`.",
    )
    client_id: str | None = Field(
        default=None,
        description="Application id of an OAuth application, instead of `token`.",
    )
    client_secret: SecretStr | None = Field(
        default=None, description="Secret of that OAuth application."
    )
    refresh_token: SecretStr | None = Field(
        default=None,
        description="Refresh token of the account that reads; absent: "
        f"{HOW} GitLab changes it with every use; the newest is kept in the store.",
    )
    groups: tuple[str, ...] | None = Field(
        default=None,
        description="Groups to read with all their subgroups, by full path or id.",
    )
    projects: tuple[str, ...] | None = Field(
        default=None,
        description="Projects to read, by full path or id. Where neither groups nor projects are "
        "named: every project of which the account is a member.",
    )
    plan: Literal["free", "premium", "ultimate"] = Field(
        default="free",
        description="The plan of this GitLab. With premium or ultimate iterations, epics and "
        "weights are read too.",
    )
    statuses: bool = Field(
        default=False,
        description="Read the statuses of work items (premium, GitLab 18.2 or later) instead of "
        "only open and closed.",
    )
    history: bool = Field(
        default=True,
        description="Read when issues were closed and opened, and how their labels, milestones "
        "and weights changed. Costs three to five requests for each changed issue.",
    )

    @model_validator(mode="after")
    def _one_credential(self) -> GitLabOptions:
        signed_in = (self.client_id, self.client_secret, self.refresh_token)
        if self.token is None and None in (self.client_id, self.client_secret):
            raise ValueError("write `token`, or `client_id` and `client_secret` together")
        if self.token is not None and any(each is not None for each in signed_in):
            raise ValueError("write either `token` or the options of OAuth, not both")
        if self.statuses and self.plan == "free":
            raise ValueError("`statuses` needs `plan: premium` or `plan: ultimate`")
        return self

    @property
    def paid(self) -> bool:
        """Whether the plan has iterations, epics and weights."""
        return self.plan != "free"
