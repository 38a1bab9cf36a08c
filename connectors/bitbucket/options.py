"""What an admin writes to connect a Bitbucket account."""

from __future__ import annotations

import base64
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, model_validator

from connectors.sdk.contract import Access, OAuth, Options

CLOUD, SIGN_IN = "api.bitbucket.org", "https://bitbucket.org"

_Workspace = Annotated[str, StringConstraints(pattern=r"^[\w.-]+$")]
_FullName = Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]


class BitbucketOptions(Options):
    """How Bitbucket Cloud is reached, and what of it is read."""

    url: str = Field(
        default=f"https://{CLOUD}/2.0", description="Address of the API, with its version."
    )
    email: str | None = Field(
        default=None,
        description="E-mail address of the account to which the API token belongs; absent: "
        "`token` is an access token of a repository, project or workspace.",
    )
    token: SecretStr | None = Field(
        default=None, description="API token (with `email`), or access token (without)."
    )
    client_id: str | None = Field(
        default=None, description="Key of an OAuth consumer, instead of `token`."
    )
    client_secret: SecretStr | None = Field(
        default=None, description="Secret of that OAuth consumer."
    )
    refresh_token: SecretStr | None = Field(
        default=None,
        description="Refresh token of the account that reads; absent: a private consumer reads as "
        "its owner.",
    )
    workspaces: tuple[_Workspace, ...] = Field(
        default=(),
        description="Workspaces of which every visible repository is read, as they stand in "
        "addresses; absent: all of the account, unless `repositories` are named.",
    )
    repositories: tuple[_FullName, ...] = Field(
        default=(), description="Repositories to read, as `workspace/repository`."
    )
    pull_requests: bool = Field(
        default=True,
        description="Read pull requests, their tasks and their approvals; false: issues only.",
    )
    issues: bool = Field(
        default=True,
        description="Read issues and milestones of repositories that have an issue tracker; "
        "false: pull requests only.",
    )

    @model_validator(mode="after")
    def _one_credential(self) -> BitbucketOptions:
        consumer = (self.client_id, self.client_secret)
        if self.token is None and None in consumer:
            raise ValueError("write `token`, or `client_id` and `client_secret`")
        if self.token is not None and any((*consumer, self.refresh_token)):
            raise ValueError("write either `token` or the options of OAuth, not both")
        if self.token is None and self.email is not None:
            raise ValueError("`email` goes with an API token in `token`")
        if not self.pull_requests and not self.issues:
            raise ValueError("write `pull_requests: true` or `issues: true`, or both")
        return self

    def access(self) -> Access:
        """The way in that these options name."""
        base = self.url.rstrip("/")
        if self.token is None:
            parts = urlsplit(base)
            site = SIGN_IN if parts.netloc == CLOUD else f"{parts.scheme}://{parts.netloc}"
            return Access(
                base,
                oauth=OAuth(
                    token_url=f"{site}/site/oauth2/access_token",
                    client_id=self.client_id or "",
                    client_secret=_revealed(self.client_secret),
                    refresh_token=_revealed(self.refresh_token),
                ),
            )
        credential = f"Bearer {_revealed(self.token)}"
        if self.email is not None:
            pair = f"{self.email}:{_revealed(self.token)}".encode()
            credential = f"Basic {base64.b64encode(pair).decode()}"
        return Access(base, {"Authorization": credential})


def _revealed(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
