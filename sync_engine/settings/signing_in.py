"""Signing in with an organisation's account: the options of `web.oidc`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from sync_engine.settings.base import Section


class OidcRoles(Section):
    """Which role a group of the sign-in service has here."""

    claim: str = Field(
        "groups", min_length=1, description="The claim that names the groups of who signs in."
    )
    map: dict[str, Literal["admin", "pmo", "manager", "viewer"]] = Field(
        min_length=1,
        description="A group, and the role of its members; of several the one that may most.",
    )


class Oidc(Section):
    """Signing in with your organisation's account (OpenID Connect)."""

    issuer: str = Field(
        pattern=r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/])\S*$",
        description="The sign-in service's address, as its discovery document gives it; https.",
    )
    client_id: str = Field(min_length=1, description="The name under which it knows Flagstaff.")
    client_secret: SecretStr | None = Field(
        None, description="What proves that it is Flagstaff that asks (a secret)."
    )
    title: str = Field(
        "your organisation's account", min_length=1, max_length=60,
        description="What it is called on the sign-in page, after \"Sign in with\".",
    )  # fmt: skip
    scopes: tuple[str, ...] = Field(
        ("openid", "email", "profile"), description="What is asked for; some need one for groups."
    )
    roles: OidcRoles | None = Field(
        None, description="Roles by group, anew at each sign-in; absent: as they are set here."
    )
    create: bool = Field(
        False, description="Make an account for who has none and is in a group of `roles`."
    )
    allow_private_network: bool = Field(False, description="Allow an address of your own network.")

    @model_validator(mode="after")
    def _bounded(self) -> Oidc:
        if self.create and self.roles is None:
            raise ValueError(
                "`create` needs `roles`: without them everybody whom the sign-in service knows "
                "would get an account"
            )
        if "openid" not in self.scopes:
            raise ValueError('`scopes` needs "openid"; without it nobody is told who signs in')
        return self
