"""What an admin writes under `options` to connect GitHub."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints, field_validator, model_validator

from connectors.sdk.contract import Options

_FullName = Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
_Login = Annotated[str, StringConstraints(pattern=r"^[\w.-]+$")]
_Board = Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[1-9]\d{0,8}$", to_lower=True)]
_AppId = Annotated[str, Field(pattern=r"^[\w.-]+$", coerce_numbers_to_str=True)]


class GitHubOptions(Options):
    """How an account at GitHub is reached, and what of it is read."""

    url: str = Field(
        default="https://api.github.com",
        description="Address of the API; of a GitHub Enterprise Server it ends with `/api/v3`.",
    )
    token: SecretStr | None = Field(
        default=None,
        description="Personal access token (fine-grained or classic) of the account that reads.",
    )
    app_id: _AppId | None = Field(
        default=None, description="Id of a GitHub App (App ID or Client ID), instead of `token`."
    )
    installation_id: int | None = Field(
        default=None,
        gt=0,
        description="Number of that App's installation: the last part of its settings' address.",
    )
    private_key: SecretStr | None = Field(
        default=None, description="Private key of that App (PEM), best as `file:PATH`."
    )
    repositories: tuple[_FullName, ...] = Field(
        default=(),
        description="Repositories to read, as `owner/name`; absent: all in which the account has "
        "a part (in which the App is installed), unless `organizations` are named.",
    )
    organizations: tuple[_Login, ...] = Field(
        default=(),
        description="Organizations of which every visible repository is read, by their login.",
    )
    projects: tuple[_Board, ...] = Field(
        default=(),
        description="Boards (Projects) whose fields say what issues are due, their status, "
        "priority, points and iteration, as `owner/number`; absent: none. Of an issue on several "
        "the first that is named here counts.",
    )

    @field_validator("projects")
    @classmethod
    def _each_once(cls, boards: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(boards))

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        app = (self.app_id, self.installation_id, self.private_key)
        if self.token is None and None in app:
            raise ValueError(
                "write `token`, or `app_id`, `installation_id` and `private_key` together"
            )
        if self.token is not None and any(each is not None for each in app):
            raise ValueError("write either `token` or the three options of a GitHub App, not both")
        return self

    @property
    def by_app(self) -> bool:
        """Whether an App reads, not an account."""
        return self.token is None
