"""What an admin writes under `options` of a connection to Jira Service Management."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from connectors.sdk.contract import Options


class ServiceManagementConfig(Options):
    """Where the site is, whose token it is, which service desks are read."""

    url: str = Field(description="Address of the site: https://acme.atlassian.net.")
    email: str | None = Field(
        default=None,
        description="E-mail of the account whose API token it is. Leave it out for a service "
        "account's token.",
    )
    token: SecretStr = Field(description="API token of the account.")
    service_desks: tuple[str, ...] | None = Field(
        default=None,
        description="Keys or names of the service projects to read; leave it out for all that the "
        "account sees.",
    )

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise ValueError("must be a whole address such as https://acme.atlassian.net")
        return url.rstrip("/")
