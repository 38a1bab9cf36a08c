"""How the imitated GitHub signs in an installation of an App."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import jwt

from connectors.github.sandbox_replies import NOT_FOUND, error
from connectors.github.words import stamp
from connectors.sdk.sandbox import Reply, Request

APP, INSTALLATION = "4711", 99
HOUR = timedelta(hours=1)


class SandboxApp:
    """Gives tokens that are good for an hour to whoever holds the App's key.

    Attributes:
        given: how many it gave.
    """

    def __init__(self, now: Callable[[], datetime], public_key: str) -> None:
        self.given = 0
        self._now = now
        self._public_key = public_key
        self._tokens: dict[str, datetime] = {}

    def knows(self, token: str) -> bool:
        """Whether a token is one of ours, and good."""
        return token in self._tokens and self._now() < self._tokens[token]

    def revoke(self) -> None:
        """Every token is void from now on."""
        self._tokens.clear()

    def exchange(self, request: Request) -> Reply:
        """A token for an assertion."""
        signed = request.headers.get("authorization", "").removeprefix("Bearer ")
        wrong = self._wrong(signed)
        if wrong is not None or request.method != "POST":
            return error(401, wrong) if wrong else error(404, NOT_FOUND)
        if request.path != f"/app/installations/{INSTALLATION}/access_tokens":
            return error(404, NOT_FOUND)
        self.given += 1
        token, ends = f"ghs_invented_{self.given:020}", self._now() + HOUR
        self._tokens[token] = ends
        told = {
            "token": token,
            "expires_at": stamp(ends),
            "permissions": {"issues": "read", "metadata": "read"},
            "repository_selection": "selected",
        }
        return Reply.of(told, 201)

    def _wrong(self, signed: str) -> str | None:
        """An assertion has to be signed by the App's key, and good for ten minutes at most."""
        now = self._now().timestamp()
        try:
            claims = jwt.decode(
                signed, self._public_key, algorithms=["RS256"], issuer=APP,
                options={"verify_exp": False, "verify_iat": False, "require": ["exp", "iat"]},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError):
            return "A JSON web token could not be decoded"
        if claims["exp"] > now + 600:
            return "'Expiration time' claim ('exp') is too far in the future"
        if claims["iat"] > now or claims["exp"] < now:
            return "'Issued at' claim ('iat') must be an Integer representing the time"
        return None
