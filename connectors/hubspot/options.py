"""What an admin writes under `options` for a HubSpot account."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors.sdk.contract import Options
from connectors.sdk.login import HOW

Object = Literal["tasks", "tickets", "deals", "projects", "notes"]


class HubSpotOptions(Options):
    """Options of a connection to one HubSpot account."""

    url: str = Field(
        default="https://api.hubapi.com",
        description="Address of the API; the same for all accounts, wherever their data is kept.",
    )
    token: SecretStr | None = Field(
        default=None, description="Service key, or access token of a private app."
    )
    client_id: str | None = Field(
        default=None, description="Client ID of an OAuth app, instead of `token`."
    )
    client_secret: SecretStr | None = Field(
        default=None, description="Client secret of the OAuth app."
    )
    refresh_token: SecretStr | None = Field(
        default=None,
        description="Refresh token that the OAuth app was given for this account; absent: " + HOW,
    )
    objects: tuple[Object, ...] = Field(
        default=("tasks", "tickets"),
        min_length=1,
        description="What is read: tasks, tickets, deals, projects (where the account has that "
        "object), notes (as comments of tickets and deals); absent: tasks and tickets.",
    )

    @model_validator(mode="after")
    def _signs_in_one_way(self) -> Self:
        app = (self.client_id, self.client_secret)
        if None in app and any(each is not None for each in (*app, self.refresh_token)):
            raise ValueError("`client_id` and `client_secret` belong together")
        if (self.token is None) == (self.client_id is None):
            raise ValueError("give either `token`, or `client_id` and what belongs to it")
        return self

    @model_validator(mode="after")
    def _reads_what_notes_hang_on(self) -> Self:
        if "notes" in self.objects and not {"tickets", "deals"} & set(self.objects):
            raise ValueError("notes are read with tickets or deals only")
        return self
