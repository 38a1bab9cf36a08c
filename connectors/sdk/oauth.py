"""Access tokens of an OAuth 2 credential, above all one whose refresh token changes with every use
(RFC 6749 §6). Where a person signs in, `login.py` has the part before the code is spent.

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
        connection: its name: what a login gave is kept under it, and remedies name it.

    Attributes:
        key: what the tokens are kept under.
    """

    def __init__(
        self,
        oauth: OAuth,
        store: TokenStore,
        ask: Ask,
        *,
        learn: Callable[..., None],
        now: Clock,
        connection: str = "",
    ) -> None:
        self._oauth = oauth
        self._store = store
        self._ask = ask
        self._learn = learn
        self._now = now
        self._lock = threading.Lock()
        self._tokens: Tokens | None = None
        # What was fetched in place of what was saved, but the store failed: not to be used yet.
        self._unsaved: tuple[Tokens | None, Tokens] | None = None
        self._refused: str | None = None
        self._remedy = "Sign in again for this connection."
        if oauth.login is not None:
            first = "" if oauth.by_login else "Take the refresh token out of its options. "
            command = f"`flagstaff connections login {connection or 'NAME'}`"
            self._remedy = f"{first}Sign in: {command}, or on its page in the console."
        elif not oauth.refresh_token:
            self._remedy = "Compare the client's id and secret (or key) with the tool's."
        # After signing in again the configured token is another one, and what was saved is void.
        grant = [oauth.token_url, oauth.client_id, oauth.refresh_token]
        grant += [oauth.subject] if oauth.subject else []
        # One app may sign in other accounts for other connections.
        grant += [f"login for {connection}"] if oauth.by_login else []
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

    def sign_in(self, code: str, verifier: str, redirect: str) -> Tokens:
        """Spend an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5), and keep what it gives in
        place of what was kept before.

        Raises:
            Refused: the code, or the client, is not accepted; what was kept before stays.
            Unavailable, Throttled: as `token`.
        """
        self._learn(code, verifier)
        grant = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        try:
            tokens = self._ask_for(grant, "")
        except _DeniedError as error:
            raise Refused(
                f"The sign-in service did not accept the sign-in ({error}).",
                remedy="Begin anew; if it says so again, compare the app's id, secret and "
                "redirect address in the tool with the options.",
            ) from None
        with self._lock, self._store.lock(self.key):
            self._store.save(self.key, tokens)
            self._tokens, self._unsaved, self._refused = tokens, None, None
        return tokens

    def _is_old(self, tokens: Tokens) -> bool:
        return tokens.refresh_at is not None and tokens.refresh_at <= self._now()

    def _is_good(self, tokens: Tokens | None, refused: str | None) -> bool:
        return tokens is not None and tokens.access_token != refused and not self._is_old(tokens)

    def _renew(self, refused: str | None) -> Tokens:
        with self._lock:
            if self._refused is not None:
                raise self._sign_in_again(self._refused)
            if self._tokens is not None and self._is_good(self._tokens, refused):
                return self._tokens
            with self._store.lock(self.key):
                tokens = self._keep(self._store.load(self.key))
                if tokens is not None:
                    self._learn(tokens.access_token, tokens.refresh_token)
                if tokens is None or not self._is_good(tokens, refused):
                    fetched = self._refresh(tokens)
                    self._unsaved = (tokens, fetched)
                    self._keep(tokens)
                    tokens = fetched
            self._tokens = tokens
            return tokens

    def _keep(self, saved: Tokens | None) -> Tokens | None:
        """Save what was fetched, unless someone has signed in meanwhile; what is saved now."""
        if self._unsaved is not None:
            before, fetched = self._unsaved
            if saved == before:
                self._store.save(self.key, fetched)
                saved = fetched
            self._unsaved = None
        return saved

    def _refresh(self, saved: Tokens | None) -> Tokens:
        if self._oauth.by_login and not (saved and saved.refresh_token):
            raise Refused(
                "The sign-in of this connection has run out, and the tool gave no refresh token."
                if saved
                else "Nobody has signed in for this connection yet.",
                remedy=self._remedy,
            )
        latest = saved.refresh_token if saved else self._oauth.refresh_token
        if not (self._oauth.refresh_token or self._oauth.by_login):
            latest = ""  # one that came unasked (RFC 6749 §4.4.3) may end, the client's own do not
        try:
            return self._ask_for(_grant(self._oauth, latest, self._now()), latest)
        except _DeniedError as error:
            self._refused = str(error)
            raise self._sign_in_again(self._refused) from None

    def _ask_for(self, grant: Mapping[str, str], refresh_token: str) -> Tokens:
        """The tokens for a grant; with the refresh token at hand unless there is a new one."""
        asked_at, oauth = self._now(), self._oauth
        form, named = _identified(oauth, grant)
        if oauth.bearer:
            status, data = self._ask(oauth.token_url, {}, bearer=grant["assertion"])
        elif named is None:
            status, data = self._ask(oauth.token_url, form)
        else:
            status, data = self._ask(oauth.token_url, form, basic=named)
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
            raise _DeniedError(": ".join(said))
        rotated = data.get("refresh_token")
        rotated = rotated if isinstance(rotated, str) and rotated else refresh_token
        self._learn(access, rotated)
        lifetime = _until(asked_at, data) if oauth.bearer else data.get("expires_in")
        return Tokens(access, rotated, _refresh_at(asked_at, lifetime))

    def _sign_in_again(self, reason: str) -> Refused:
        return Refused(
            f"The sign-in of this connection is no longer valid ({reason}).", remedy=self._remedy
        )


class _DeniedError(Exception):
    """The sign-in service gives no tokens; the message is its reason."""


def _grant(oauth: OAuth, refresh_token: str, now: datetime) -> dict[str, str]:
    """What tokens are asked for."""
    if refresh_token:
        return {"grant_type": "refresh_token", "refresh_token": refresh_token}
    if oauth.assertion is not None:
        return {"grant_type": _ASSERTION, "assertion": oauth.assertion(now)}
    return {"grant_type": "client_credentials", **({"scope": oauth.scope} if oauth.scope else {})}


def _identified(
    oauth: OAuth, grant: Mapping[str, str]
) -> tuple[Mapping[str, str], tuple[str, str] | None]:
    """The form with who asks; the name and the secret, where they travel in a header."""
    if oauth.basic and oauth.client_secret:
        return grant, (oauth.client_id, oauth.client_secret)
    if grant["grant_type"] == _ASSERTION:  # says itself who asks
        return grant, None
    secret = {"client_secret": oauth.client_secret} if oauth.client_secret else {}
    return {**grant, "client_id": oauth.client_id, **secret}, None


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
