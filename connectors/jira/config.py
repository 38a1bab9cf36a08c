"""What an admin writes under `options` of a Jira connection."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from connectors.sdk.contract import Options


class JiraConfig(Options):
    """Where the site is, whose token it is, which projects are read."""

    url: str = Field(
        description="Address of the site: https://acme.atlassian.net, or your own server's."
    )
    email: str | None = Field(
        default=None,
        description="E-mail of the account whose API token it is (Cloud). Leave it out for a "
        "service account's token and on Data Center.",
    )
    token: SecretStr = Field(
        description="API token of the account (Cloud) or personal access token (Data Center)."
    )
    projects: tuple[str, ...] | None = Field(
        default=None,
        description="Keys of the projects to read; leave it out for all that the account sees.",
    )
    deployment: Literal["cloud", "data_center"] = Field(
        default="cloud", description="`cloud`, or `data_center` for a server of your own."
    )

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise ValueError("must be a whole address such as https://acme.atlassian.net")
        return url.rstrip("/")
