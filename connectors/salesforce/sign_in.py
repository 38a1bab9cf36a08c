"""The ways of signing in to Salesforce: as an application, or as a person once did."""

from __future__ import annotations

from datetime import datetime, timedelta

import jwt

from connectors.salesforce.options import SalesforceOptions
from connectors.sdk.contract import Login, OAuth
from connectors.sdk.errors import Refused

SCOPES = ("api", "refresh_token")
ASSERTION_LIFE = timedelta(minutes=3)
"""The longest life of an assertion that Salesforce accepts."""


def oauth(config: SalesforceOptions) -> OAuth:
    """The credential of a connection; tokens come from the organization's own address."""
    base = f"{config.url.rstrip('/')}/services/oauth2"
    # A secret or a key alone speaks for the application itself: no person's login takes its place.
    by_itself = config.client_secret is not None or config.key is not None
    return OAuth(
        token_url=f"{base}/token",
        client_id=config.client_id,
        client_secret=config.client_secret.get_secret_value() if config.client_secret else "",
        refresh_token=config.token.get_secret_value() if config.token else "",
        assertion=(lambda now: assertion(config, now)) if config.key else None,
        subject=config.user or "",
        login=None if by_itself else Login(f"{base}/authorize", SCOPES, localhost=True),
    )


def assertion(config: SalesforceOptions, now: datetime) -> str:
    """What proves to Salesforce that we hold the private key.

    Raises:
        Refused: the key is none.
    """
    claims = {
        "iss": config.client_id,
        "sub": config.user,
        "aud": config.audience,
        "exp": int((now + ASSERTION_LIFE).timestamp()),
    }
    key = config.key.get_secret_value() if config.key else ""
    try:
        return jwt.encode(claims, key, algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError):
        signed = None
    if signed is None:  # outside the handler: the library's error may hold the key
        raise Refused(
            "The private key in `key` cannot be read.",
            remedy="Put the whole PEM file into `key`, best by file:PATH, from "
            "'-----BEGIN PRIVATE KEY-----' on, without a passphrase.",
        )
    return signed
