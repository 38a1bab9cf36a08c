"""What an admin writes to connect an Airtable account."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, model_validator

from connectors.sdk.contract import Options
from connectors.sdk.login import HOW


class AirtableOptions(Options):
    """How an Airtable account is reached, and what of it is read."""

    url: str = Field(default="https://api.airtable.com", description="Address of Airtable's API.")
    token: SecretStr | None = Field(
        default=None,
        description="Personal access token with the scopes data.records:read, schema.bases:read "
        "and, for comments, data.recordComments:read.",
    )
    client_id: str | None = Field(
        default=None, description="Client id of an OAuth integration, instead of `token`."
    )
    client_secret: SecretStr | None = Field(
        default=None, description="Secret of that OAuth integration, where it has one."
    )
    refresh_token: SecretStr | None = Field(
        default=None,
        description="Refresh token of the account that reads; absent: "
        f"{HOW} Airtable changes it with every use; the newest is kept in the store.",
    )
    bases: tuple[str, ...] | None = Field(
        default=None,
        description="Bases to read, by id (app…) or exact name; absent: all that the credential "
        "may see.",
    )
    tables: tuple[str, ...] | None = Field(
        default=None,
        description="Tables whose records are work, by id (tbl…), exact name or 'Base / Table'; "
        "absent: every table of the bases.",
    )
    comments: bool = Field(
        default=True,
        description="Read comments, every six hours. Costs a request for each record that has "
        "some.",
    )

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        signed_in = (self.client_id, self.client_secret, self.refresh_token)
        if self.token is None and self.client_id is None:
            raise ValueError("write `token`, or `client_id` and what belongs to it")
        if self.token is not None and any(each is not None for each in signed_in):
            raise ValueError("write either `token` or the options of OAuth, not both")
        return self
