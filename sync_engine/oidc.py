"""Signing in with an organisation's account: OpenID Connect, authorization code with PKCE.

`begin` says where the browser is sent, `finish` what its return is worth. Believed is only an ID
token that is signed with a key of the issuer, for us, in time, and for this very sign-in; and in it
only an address that the issuer has verified.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
from jwt import PyJWK

from connectors.sdk.errors import ConnectorError
from connectors.sdk.login import challenge
from connectors.sdk.single_sign_on import Service
from sync_engine.accounts import Role
from sync_engine.settings.signing_in import Oidc

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
"""Signatures with a private key that only the issuer has; never a shared secret, never none."""
LEEWAY = timedelta(minutes=1)
LONGEST_AGE = timedelta(minutes=10)
KEPT = timedelta(hours=1)
"""How long the issuer's documents are believed; an unknown key has them read anew (`ANEW`)."""
ANEW = timedelta(minutes=1)
RANKS: tuple[Role, ...] = ("admin", "pmo", "manager", "viewer")
WELL_KNOWN = "/.well-known/openid-configuration"


class SignInError(Exception):
    """Nobody is let in by this; the message says why, and who can mend it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way: kept by the browser that began it, and by nobody else.

    Args:
        state: comes back with the browser: nobody slips it an answer of theirs.
        nonce: comes back within the ID token: it is for this sign-in and no other.
        verifier: proves that who spends the code is who asked for it.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @classmethod
    def new(cls) -> Attempt:
        """One that nobody can guess."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Person:
    """Who has signed in. `role`: by their groups; None: groups say nothing here."""

    address: str
    name: str
    role: Role | None


class Provider:
    """A sign-in service, with its documents as they were read last.

    Args:
        redirect: the address of ours to which it sends browsers back.
        service: how it is asked.
    """

    def __init__(
        self, oidc: Oidc, redirect: str, *, now: Callable[[], datetime],
        service: Service,
    ) -> None:  # fmt: skip
        self.oidc, self.redirect, self._now = oidc, redirect, now
        self._service = service
        self._lock = threading.Lock()
        self._documents: tuple[datetime, Mapping[str, Any], Mapping[str, Any]] | None = None

    def begin(self, attempt: Attempt) -> str:
        """Where the browser is to go.

        Raises:
            SignInError: the service cannot be asked, or says something else than it should.
        """
        configuration, _ = self._read(KEPT)
        query = {
            "response_type": "code", "client_id": self.oidc.client_id,
            "redirect_uri": self.redirect, "scope": " ".join(self.oidc.scopes),
            "state": attempt.state, "nonce": attempt.nonce,
            "code_challenge": challenge(attempt.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{_address(configuration, 'authorization_endpoint')}?{urlencode(query)}"

    def finish(self, attempt: Attempt, returned: Mapping[str, str], secret: str | None) -> Person:
        """Who has signed in.

        Args:
            returned: the query with which the browser came back.
            secret: the client's.

        Raises:
            SignInError: nobody whom we could believe.
        """
        if not hmac.compare_digest(returned.get("state", "").encode(), attempt.state.encode()):
            raise SignInError(
                "this answer belongs to another sign-in, perhaps an older one; sign in anew"
            )
        configuration, _ = self._read(KEPT)
        self._check_sender(configuration, returned)
        if "error" in returned:
            raise _declined(returned)
        if not returned.get("code"):
            raise SignInError("the sign-in service sent you back without a code; sign in anew")
        answer = self._exchange(configuration, returned["code"], attempt, secret)
        claims = self._verified(str(answer.get("id_token") or ""), attempt)
        return person(self.oidc, self._completed(configuration, claims, answer))

    def _check_sender(self, configuration: Mapping[str, Any], said: Mapping[str, str]) -> None:
        """Who sends the browser back names itself (RFC 9207): against mixing up two services."""
        named = said.get("iss")
        promised = configuration.get("authorization_response_iss_parameter_supported") is True
        if (named is None and promised) or (named is not None and named != self.oidc.issuer):
            raise SignInError("this answer is not from the sign-in service that was asked")

    def _exchange(
        self, configuration: Mapping[str, Any], code: str, attempt: Attempt, secret: str | None
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect,
            "code_verifier": attempt.verifier,
        }  # fmt: skip
        offered = configuration.get("token_endpoint_auth_methods_supported")
        basic = None
        if secret is None:
            form["client_id"] = self.oidc.client_id
        elif isinstance(offered, list) and "client_secret_basic" not in offered:
            form |= {"client_id": self.oidc.client_id, "client_secret": secret}
        else:
            basic = (self.oidc.client_id, secret)
        try:
            status, said = self._service.tokens(
                _address(configuration, "token_endpoint"), form, basic
            )
        except ConnectorError as error:
            raise SignInError(f"{error.message} {error.advice}".strip()) from error
        if status >= 400:
            word = str(said.get("error") or status)[:80]
            raise SignInError(
                f"the sign-in service did not take the code ({word}); sign in anew, and if it "
                "stays so, let an admin compare client_id and client_secret with it"
            )
        return said

    def _verified(self, token: str, attempt: Attempt) -> Mapping[str, Any]:
        """The claims of an ID token that holds."""
        key = self._key(token)
        try:
            claims = jwt.decode(
                token, key, algorithms=list(ALGORITHMS), audience=self.oidc.client_id,
                issuer=self.oidc.issuer,
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    # By our own clock, below.
                    "verify_exp": False, "verify_iat": False, "verify_nbf": False,
                },
            )  # fmt: skip
        except jwt.InvalidTokenError as error:
            raise _unbelievable(str(error)) from error
        self._check_claims(claims, attempt)
        return claims

    def _check_claims(self, claims: Mapping[str, Any], attempt: Attempt) -> None:
        now = self._now().timestamp()
        slack = LEEWAY.total_seconds()
        instants: dict[str, Any] = {
            name: claims[name] for name in ("exp", "iat", "nbf") if name in claims
        }
        if any(
            isinstance(at, bool) or not isinstance(at, (int, float)) for at in instants.values()
        ):
            raise _unbelievable("its times are none")
        if now >= instants["exp"] + slack:
            raise _unbelievable("it has run out")
        if instants["iat"] > now + slack or instants.get("nbf", now) > now + slack:
            raise _unbelievable("it is from the future; compare the clocks of both machines")
        audience, party = claims["aud"], claims.get("azp")
        many = isinstance(audience, list) and len(audience) > 1
        if (many and party is None) or (party is not None and party != self.oidc.client_id):
            raise _unbelievable("it was made for another program")
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not hmac.compare_digest(
            nonce.encode(), attempt.nonce.encode()
        ):
            raise _unbelievable("it was made for another sign-in")

    def _key(self, token: str) -> PyJWK:
        """The issuer's key that a token names, which fits the way in which it is signed."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise _unbelievable(str(error)) from error
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise _unbelievable("it is not signed in a way that is believed")
        for freshness in (KEPT, ANEW):
            _, held = self._read(freshness)
            found = _fitting(held, header.get("kid"), algorithm)
            if len(found) == 1:
                try:
                    return PyJWK(dict(found[0]), algorithm)
                except (jwt.PyJWKError, jwt.InvalidKeyError) as error:
                    raise _unbelievable("its key does not fit its signature") from error
        raise _unbelievable("its key is not one of the sign-in service")

    def _completed(
        self, configuration: Mapping[str, Any], claims: Mapping[str, Any],
        answer: Mapping[str, Any],
    ) -> Mapping[str, Any]:  # fmt: skip
        """The claims with those that the service tells only when asked (UserInfo)."""
        wanted = ["email", "email_verified"]
        if self.oidc.roles is not None:
            wanted.append(self.oidc.roles.claim)
        token = answer.get("access_token")
        if all(name in claims for name in wanted) or not isinstance(token, str):
            return claims
        if not configuration.get("userinfo_endpoint"):
            return claims
        try:
            told = self._service.document(_address(configuration, "userinfo_endpoint"), token)
        except ConnectorError as error:
            raise SignInError(f"{error.message} {error.advice}".strip()) from error
        if told.get("sub") != claims["sub"]:
            raise SignInError("the sign-in service told of somebody else than who signed in")
        return {**told, **claims}

    def _read(self, freshness: timedelta) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The discovery document and the keys, no older than so."""
        with self._lock:
            held = self._documents
            if held is not None and self._now() - held[0] < freshness:
                return held[1], held[2]
            try:
                found = self._service.document(self.oidc.issuer.rstrip("/") + WELL_KNOWN)
                if found.get("issuer") != self.oidc.issuer:
                    raise SignInError(
                        f"the sign-in service calls itself {str(found.get('issuer'))[:200]}, and "
                        f"not {self.oidc.issuer}; an admin has to write it as `issuer` exactly so"
                    )
                keys = self._service.document(_address(found, "jwks_uri"))
            except ConnectorError as error:
                raise SignInError(f"{error.message} {error.advice}".strip()) from error
            self._documents = (self._now(), found, keys)
            return found, keys


def person(oidc: Oidc, claims: Mapping[str, Any]) -> Person:
    """Who the claims speak of (pure).

    Raises:
        SignInError: their address is not verified, or none of their groups has a role.
    """
    address = claims.get("email")
    if not isinstance(address, str) or not address:
        raise SignInError(
            "the sign-in service does not tell your e-mail address; an admin has to let it tell "
            "`email` and `email_verified`"
        )
    if claims.get("email_verified") is not True:
        raise SignInError(
            f"the sign-in service has not verified that {address[:254]} is yours; verify it there"
        )
    name = claims.get("name")
    shown = name.strip()[:200] if isinstance(name, str) and name.strip() else address
    if oidc.roles is None:
        return Person(address, shown, None)
    held = claims.get(oidc.roles.claim)
    groups = [held] if isinstance(held, str) else held if isinstance(held, list) else []
    given = {oidc.roles.map[group] for group in groups
             if isinstance(group, str) and group in oidc.roles.map}  # fmt: skip
    role = next((each for each in RANKS if each in given), None)
    if role is None:
        raise SignInError(
            f"none of your groups has a role here (they are told as `{oidc.roles.claim}`); an "
            "admin can change that"
        )
    return Person(address, shown, role)


def _fitting(held: Mapping[str, Any], kid: Any, algorithm: str) -> Sequence[Mapping[str, Any]]:
    """The keys that may have made a signature: public ones, for signing, of that name and kind."""
    keys = held.get("keys")
    kinds = {"E": ("EC",), "R": ("RSA",), "P": ("RSA",)}
    kind = ("OKP",) if algorithm == "EdDSA" else kinds[algorithm[0]]
    return [
        key
        for key in (keys if isinstance(keys, list) else ())
        if isinstance(key, dict)
        and key.get("kty") in kind
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]


def _address(configuration: Mapping[str, Any], name: str) -> str:
    found = configuration.get(name)
    if not isinstance(found, str) or not found.startswith(("https://", "http://")):
        raise SignInError(f"the sign-in service's discovery document names no {name}")
    issuer = str(configuration.get("issuer"))
    if issuer.startswith("https://") and not found.startswith("https://"):
        raise SignInError(f"the sign-in service's {name} is not encrypted (https)")
    return found


def _declined(said: Mapping[str, str]) -> SignInError:
    if said["error"] == "access_denied":
        return SignInError("the sign-in was declined there; begin anew, and allow it")
    told = ": ".join(text[:200] for text in (said["error"], said.get("error_description")) if text)
    return SignInError(f"the sign-in service did not go on ({told}); an admin has to look at it")


def _unbelievable(why: str) -> SignInError:
    return SignInError(
        f"what the sign-in service said cannot be believed ({why[:200]}); sign in anew"
    )
