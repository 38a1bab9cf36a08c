"""Access tokens of an OAuth 2 credential, above all one whose refresh token changes with every use
(RFC 6749 §6).

Such a token is worth one request: two threads or processes that refresh at once lose the account.
So a refresh happens under the store's lock, after reading again what another may have saved, and
the new pair is saved before it is used.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from connectors.sdk.contract import Clock, OAuth
from connectors.sdk.errors import Refused, Unavailable

_LONGEST = 366 * 86400.0  # seconds; nothing lives longer
_ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LONGEST_SAID = 200  # of the sign-in service's own words
_REFRESH_AT = 0.8  # share of an access token's lifetime after which it is replaced


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a refresh yields. `refresh_at`: when to replace it; None: only once it is refused."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    refresh_at: datetime | None = None


class TokenStore(Protocol):
    """Where tokens outlive the process. `save` has saved durably when it returns."""

    def load(self, key: str) -> Tokens | None:
        """The tokens last saved under the key."""
        ...

    def save(self, key: str, tokens: Tokens) -> None:
        """Replace the tokens under the key."""
        ...

    def lock(self, key: str) -> AbstractContextManager[Any]:
        """Keeps every other thread and process out of the same key."""
        ...


class Ask(Protocol):
    """The way to the token endpoint."""

    def __call__(
        self, url: str, form: Mapping[str, str], *, basic: tuple[str, str] = ..., bearer: str = ...
    ) -> tuple[int, Any]:
        """Post a form to a URL, with a name and a secret, or a token, in a header where they are
        given; the status and the parsed JSON. Raises `Unavailable` (also for a success that is no
        JSON) and `Throttled`."""
        ...


class Bearer:
    """The current access token of one credential.

    Args:
        oauth: the credential as configured.
        store: keeps the rotated tokens.
        ask: the way to the token endpoint.
        learn: told every new secret before anything else sees it.
        now: the clock.
    """

    def __init__(
        self,
        oauth: OAuth,
        store: TokenStore,
        ask: Ask,
        *,
        learn: Callable[..., None],
        now: Clock,
    ) -> None:
        self._oauth = oauth
        self._store = store
        self._ask = ask
        self._learn = learn
        self._now = now
        self._lock = threading.Lock()
        self._tokens: Tokens | None = None
        self._unsaved: Tokens | None = None  # fetched, but the store failed: not to be used yet
        self._refused: str | None = None
        # After signing in again the configured token is another one, and what was saved is void.
        grant = [oauth.token_url, oauth.client_id, oauth.refresh_token]
        grant += [oauth.subject] if oauth.subject else []
        self.key = hashlib.sha256("\n".join(grant).encode()).hexdigest()[:32]

    def token(self) -> str:
        """An access token that is good for a while.

        Raises:
            Refused: the account has to be signed in again.
            Unavailable: the token endpoint does not answer.
            Throttled: it asks us to stay away.
        """
        tokens = self._tokens
        if tokens is None or self._is_old(tokens):
            tokens = self._renew(refused=None)
        return tokens.access_token

    def renew(self, refused: str) -> str:
        """Another token than the one that the tool has just refused; errors as `token`."""
        return self._renew(refused).access_token

    def _is_old(self, tokens: Tokens) -> bool:
        return tokens.refresh_at is not None and tokens.refresh_at <= self._now()

    def _is_good(self, tokens: Tokens | None, refused: str | None) -> bool:
        return tokens is not None and tokens.access_token != refused and not self._is_old(tokens)

    def _renew(self, refused: str | None) -> Tokens:
        with self._lock:
            if self._refused is not None:
                raise _sign_in_again(self._refused)
            if self._tokens is not None and self._is_good(self._tokens, refused):
                return self._tokens
            with self._store.lock(self.key):
                self._save_what_is_left()
                saved = self._store.load(self.key)
                if saved is not None:
                    self._learn(saved.access_token, saved.refresh_token)
                if saved is None or not self._is_good(saved, refused):
                    latest = saved.refresh_token if saved else self._oauth.refresh_token
                    self._unsaved = saved = self._refresh(latest)
                    self._save_what_is_left()
            self._tokens = saved
            return saved

    def _save_what_is_left(self) -> None:
        if self._unsaved is not None:
            self._store.save(self.key, self._unsaved)
            self._unsaved = None

    def _refresh(self, refresh_token: str) -> Tokens:
        asked_at, oauth = self._now(), self._oauth
        if oauth.bearer and oauth.assertion is not None:
            status, data = self._ask(oauth.token_url, {}, bearer=oauth.assertion(asked_at))
        elif oauth.basic and oauth.client_secret:
            form = _form(oauth, refresh_token, asked_at)
            named = (oauth.client_id, oauth.client_secret)
            status, data = self._ask(oauth.token_url, form, basic=named)
        else:
            status, data = self._ask(oauth.token_url, _form(oauth, refresh_token, asked_at))
        if not isinstance(data, Mapping):
            data = {}
        if status >= 500 or status == 429:
            raise Unavailable(f"The sign-in service answered {status}.")
        access = data.get("token" if oauth.bearer else "access_token")
        if status >= 400 or not isinstance(access, str) or not access:
            said = [str(data.get("error") or status)]
            reason = data.get("message" if oauth.bearer else "error_description")
            if isinstance(reason, str):
                said.append(reason[:_LONGEST_SAID])
            self._refused = ": ".join(said)
            raise _sign_in_again(self._refused)
        rotated = data.get("refresh_token")
        rotated = rotated if isinstance(rotated, str) and rotated else refresh_token
        self._learn(access, rotated)
        lifetime = _until(asked_at, data) if oauth.bearer else data.get("expires_in")
        return Tokens(access, rotated, _refresh_at(asked_at, lifetime))


def _form(oauth: OAuth, refresh_token: str, now: datetime) -> dict[str, str]:
    """What is posted to the sign-in service."""
    if not refresh_token and oauth.assertion is not None:
        return {"grant_type": _ASSERTION, "assertion": oauth.assertion(now)}
    grant = {"grant_type": "client_credentials"}
    if refresh_token:
        grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    if oauth.basic:
        return grant if oauth.client_secret else {**grant, "client_id": oauth.client_id}
    return {**grant, "client_id": oauth.client_id, "client_secret": oauth.client_secret}


def _until(asked_at: datetime, data: Mapping[str, Any]) -> float | None:
    """Seconds until `expires_at`; None where no instant is said."""
    try:
        return (datetime.fromisoformat(str(data.get("expires_at"))) - asked_at).total_seconds()
    except (ValueError, TypeError):  # no time, or one without a zone
        return None


def _refresh_at(asked_at: datetime, lifetime: Any) -> datetime | None:
    try:
        seconds = float(lifetime)
    except (TypeError, ValueError):
        return None
    if seconds <= 0:  # nonsense; believing it would refresh before every request
        return None
    return asked_at + timedelta(seconds=min(seconds, _LONGEST) * _REFRESH_AT)


def _sign_in_again(reason: str) -> Refused:
    return Refused(
        f"The sign-in of this connection is no longer valid ({reason}).",
        remedy="Sign in again for this connection.",
    )
