"""What an admin writes to connect an Asana account."""

from __future__ import annotations

from pydantic import Field, SecretStr

from connectors.sdk.contract import Options


class AsanaOptions(Options):
    """How an Asana account is reached, and what of it is read."""

    url: str = Field(default="https://app.asana.com", description="Address of Asana.")
    token: SecretStr = Field(
        description="Personal access token, or a service account's token (Asana: Settings > Apps > "
        "View developer console > Create new token)."
    )
    workspaces: tuple[str, ...] | None = Field(
        default=None,
        description="Workspaces or organizations to read, by name or id; absent: all the token "
        "sees.",
    )
    projects: tuple[str, ...] | None = Field(
        default=None,
        description="Ids of the projects to read (the long number in a project's address); "
        "absent: all projects of the workspaces.",
    )
    history: bool = Field(
        default=True,
        description="Read the stories of tasks: comments and the history of fields. Costs one "
        "request more for each changed task.",
    )
    worklogs: bool = Field(
        default=True,
        description="Read time entries. Switch off where the Asana plan has no time tracking.",
    )
