"""Signing in as an installation of a GitHub App."""

from __future__ import annotations

from datetime import datetime, timedelta

import jwt

from connectors.github.options import GitHubOptions
from connectors.sdk.contract import OAuth
from connectors.sdk.errors import Refused

BACK, LIFE = timedelta(seconds=60), timedelta(minutes=8)
"""An assertion is good for ten minutes at most; our clock may be somewhat ahead or behind."""


def oauth(config: GitHubOptions) -> OAuth | None:
    """The credential of an App's installation; None for an account with a token."""
    if not config.by_app:
        return None
    installation = str(config.installation_id)
    return OAuth(
        token_url=f"{config.url.rstrip('/')}/app/installations/{installation}/access_tokens",
        client_id=config.app_id or "",
        assertion=lambda now: assertion(config, now),
        bearer=True,
        subject=installation,
    )


def assertion(config: GitHubOptions, now: datetime) -> str:
    """What proves to GitHub that we hold the App's private key.

    Raises:
        Refused: the key is none.
    """
    claims = {
        "iat": int((now - BACK).timestamp()),
        "exp": int((now + LIFE).timestamp()),
        "iss": config.app_id,
    }
    key = config.private_key.get_secret_value() if config.private_key else ""
    try:
        return jwt.encode(claims, key, algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError):
        signed = None
    if signed is None:  # outside the handler: the library's error may hold the key
        raise Refused(
            "The private key in `private_key` cannot be read.",
            remedy="Put the whole PEM file that GitHub made for the App into `private_key`, best "
            "by file:PATH, from '-----BEGIN RSA PRIVATE KEY-----' on.",
        )
    return signed
