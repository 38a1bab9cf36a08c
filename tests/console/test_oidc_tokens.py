"""What an ID token must be to be believed: forged, stale, foreign, unsigned and mixed-up ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from connectors.sdk.errors import Unavailable
from sync_engine.oidc import KEPT, Attempt, Provider, SignInError, person
from sync_engine.settings.signing_in import Oidc
from tests.console.portfolio import NOW

ISSUER = "https://login.acme.example"
RETURN = "https://flags.acme.example/sign-in/oidc/back"
ATTEMPT = Attempt("the-state", "the-nonce", "the-verifier")
OURS, THEIRS = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
CURVE = ec.generate_private_key(ec.SECP256R1())
PUBLIC = OURS.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
OIDC = Oidc(issuer=ISSUER, client_id="flagstaff")


def _jwk(key: Any, kid: str, **more: str) -> dict[str, Any]:
    kind = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    return {**kind.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", **more}


class Service:
    """Answers as an issuer would. `asked`: how often, by address."""

    def __init__(self, token: str = "", **documents: Any) -> None:
        self.token, self.asked, self.forms = token, dict[str, int](), list[Any]()
        self.said: tuple[int, Mapping[str, Any]] | None = None
        self.documents: dict[str, Any] = {
            f"{ISSUER}/.well-known/openid-configuration": {
                "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token", "jwks_uri": "https://keys.acme.example/jwks",
                "userinfo_endpoint": f"{ISSUER}/me",
            },
            "https://keys.acme.example/jwks": {"keys": [_jwk(OURS, "1"), _jwk(CURVE, "2")]},
            f"{ISSUER}/me": {"sub": "ada"},
            **documents,
        }  # fmt: skip

    def document(self, url: str, token: str | None = None) -> Any:
        self.asked[url] = self.asked.get(url, 0) + 1
        return self.documents[url]

    def tokens(self, url: str, form: Any, basic: Any) -> Any:
        self.forms.append((url, dict(form), basic))
        return self.said or (200, {"id_token": self.token, "access_token": "a"})


def _claims(**more: Any) -> dict[str, Any]:
    at = int(NOW.timestamp())
    claims = {
        "iss": ISSUER, "aud": "flagstaff", "sub": "ada", "iat": at, "exp": at + 300,
        "nonce": "the-nonce", "email": "ada@acme.example", "email_verified": True, "name": "Ada",
        **more,
    }  # fmt: skip
    return {name: value for name, value in claims.items() if value is not None}


def _token(key: Any = OURS, alg: str = "RS256", kid: str | None = "1", **claims: Any) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(_claims(**claims), key, algorithm=alg, headers=headers)


def _provider(service: Any, oidc: Oidc = OIDC, now: Any = lambda: NOW) -> Provider:
    return Provider(oidc, RETURN, now=now, service=service)


def _finished(token: str, **documents: Any) -> Any:
    returned = {"state": "the-state", "code": "c"}
    return _provider(Service(token, **documents)).finish(ATTEMPT, returned, None)


def _hmac_with_public_key() -> str:
    """The classic: the issuer's public key, taken for a shared secret."""
    import base64
    import hashlib
    import hmac

    import orjson

    parts = [orjson.dumps({"alg": "HS256", "kid": "1"}), orjson.dumps(_claims())]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = hmac.new(PUBLIC, text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


@pytest.mark.parametrize(
    "token",
    [
        _token(), _token(CURVE, "ES256", "2"), _token(alg="PS256"), _token(aud=["flagstaff"]),
        _token(aud=["flagstaff", "other"], azp="flagstaff"),
        _token(exp=int(NOW.timestamp()) - 59),
    ],
)  # fmt: skip
def test_a_token_that_holds_is_believed(token: str) -> None:
    """Of every kind of signature that is taken, and within a minute of two clocks."""
    assert _finished(token).address == "ada@acme.example"


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (_token(THEIRS), "Signature verification failed"),
        (_token(THEIRS, kid="9"), "its key is not one"),
        (_token(CURVE, "ES256", "1"), "its key is not one"),
        (jwt.encode(_claims(), "", algorithm="none"), "not signed in a way"),
        (_hmac_with_public_key(), "not signed in a way"),
        (_token(kid=None, alg="RS256")[:-8] + "AAAAAAAA", "Signature verification failed"),
        (_token(exp=int(NOW.timestamp()) - 60), "it has run out"),
        (_token(exp=None), "exp"),
        (_token(exp="never"), "times are none"),
        (_token(iat=int(NOW.timestamp()) + 3600), "from the future"),
        (_token(nbf=int(NOW.timestamp()) + 3600), "from the future"),
        (_token(aud="other"), "Audience"),
        (_token(aud=["flagstaff", "other"]), "another program"),
        (_token(azp="other"), "another program"),
        (_token(iss="https://evil.example"), "issuer"),
        (_token(nonce="another"), "another sign-in"),
        (_token(nonce=None), "another sign-in"),
        (_token(nonce=["the-nonce"]), "another sign-in"),
        ("", "cannot be believed"),
        ("a.b", "cannot be believed"),
    ],
)
def test_a_token_that_does_not_hold_lets_nobody_in(token: str, why: str) -> None:
    """And it is said why."""
    with pytest.raises(SignInError, match=why):
        _finished(token)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"state": "another"}, "another sign-in"),
        ({"state": ""}, "another sign-in"),
        ({"iss": "https://evil.example"}, "not from the sign-in service"),
        ({"error": "access_denied", "code": ""}, "declined"),
        ({"error": "server_error", "error_description": "<b>x</b>"}, r"server_error: <b>x</b>"),
        ({"code": ""}, "without a code"),
    ],
)
def test_a_return_that_is_not_ours_spends_no_code(said: dict[str, str], why: str) -> None:
    """Mixed-up states and services are found before anything is asked."""
    service = Service(_token())
    with pytest.raises(SignInError, match=why):
        _provider(service).finish(ATTEMPT, {"state": "the-state", "code": "c", **said}, None)
    assert service.forms == []


def test_a_promised_sender_must_be_named() -> None:
    """RFC 9207: a service that says it names itself is not believed without."""
    service = Service(_token())
    configuration = service.documents[f"{ISSUER}/.well-known/openid-configuration"]
    configuration["authorization_response_iss_parameter_supported"] = True
    with pytest.raises(SignInError, match="not from the sign-in service"):
        _provider(service).finish(ATTEMPT, {"state": "the-state", "code": "c"}, None)


def test_the_code_is_spent_with_its_proof() -> None:
    """The verifier, not its hash; the secret in the header unless the service takes only forms."""
    service = Service(_token())
    provider = _provider(service)
    provider.finish(ATTEMPT, {"state": "the-state", "code": "c"}, "s")
    url, form, basic = service.forms[-1]
    assert (url, form["code_verifier"], basic) == (
        f"{ISSUER}/token", "the-verifier", ("flagstaff", "s")
    )  # fmt: skip
    assert "client_secret" not in form
    assert form["redirect_uri"] == RETURN
    service.said = (400, {"error": "invalid_grant"})
    with pytest.raises(SignInError, match="invalid_grant"):
        provider.finish(ATTEMPT, {"state": "the-state", "code": "c"}, "s")


def test_an_unknown_key_has_the_keys_read_anew_once_a_minute() -> None:
    """A service may change its keys; a forger may not make us ask it all the time."""
    service, clock = Service(_token(THEIRS, kid="9")), [NOW]
    provider = _provider(service, now=lambda: clock[0])
    said = {"state": "the-state", "code": "c"}
    for _ in range(3):
        with pytest.raises(SignInError):
            provider.finish(ATTEMPT, said, None)
    keys = "https://keys.acme.example/jwks"
    assert service.asked[keys] == 1
    service.documents[keys] = {"keys": [_jwk(THEIRS, "9")]}
    clock[0] += timedelta(minutes=1)
    assert provider.finish(ATTEMPT, said, None).name == "Ada"
    assert service.asked[keys] == 2
    clock[0] += KEPT
    with pytest.raises(SignInError, match="run out"):
        provider.finish(ATTEMPT, said, None)
    assert service.asked[keys] == 3


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ({"kty": "oct", "k": "c2VjcmV0", "kid": "1"}, "its key is not one"),
        (_jwk(OURS, "1", use="enc"), "its key is not one"),
        (_jwk(OURS, "1", alg="RS512"), "its key is not one"),
        ({"kty": "RSA", "kid": "1"}, "does not fit"),
    ],
)
def test_a_key_that_is_for_something_else_is_not_taken(key: Any, why: str) -> None:
    """Shared secrets, keys for encryption, broken ones."""
    with pytest.raises(SignInError, match=why):
        _finished(_token(), **{"https://keys.acme.example/jwks": {"keys": [key]}})


def test_another_issuer_and_plain_endpoints_are_refused() -> None:
    """What the discovery document says must fit where it was read."""
    place = f"{ISSUER}/.well-known/openid-configuration"
    for change, why in (
        ({"issuer": "https://evil.example"}, "calls itself https://evil.example"),
        ({"token_endpoint": "http://login.acme.example/token"}, "is not encrypted"),
        ({"token_endpoint": None}, "names no token_endpoint"),
        ({"jwks_uri": "file:///etc/passwd"}, "names no jwks_uri"),
    ):
        service = Service(_token())
        service.documents[place] |= change
        with pytest.raises(SignInError, match=why):
            _provider(service).finish(ATTEMPT, {"state": "the-state", "code": "c"}, None)


def test_a_service_that_is_down_is_told() -> None:
    """In words, not as a traceback."""

    class Down(Service):
        def document(self, url: str, token: str | None = None) -> Any:
            raise Unavailable("The sign-in service at login.acme.example: no answer came in time.")

    with pytest.raises(SignInError, match="no answer came in time"):
        _provider(Down()).begin(ATTEMPT)


def test_what_the_token_lacks_is_asked_for() -> None:
    """UserInfo, of the same person only; the token's own claims hold."""
    me = f"{ISSUER}/me"
    bare = _token(email=None, email_verified=None)
    told = {"sub": "ada", "email": "ada@acme.example", "email_verified": True, "iss": "x"}
    assert _finished(bare, **{me: told}).address == "ada@acme.example"
    with pytest.raises(SignInError, match="somebody else"):
        _finished(bare, **{me: told | {"sub": "eve"}})
    with pytest.raises(SignInError, match="has not verified"):
        _finished(_token(email_verified=False), **{me: told})


ROLES = Oidc.model_validate(
    {"issuer": ISSUER, "client_id": "f", "create": True,
     "roles": {"map": {"pmo-admins": "admin", "all": "viewer"}}}
)  # fmt: skip


@pytest.mark.parametrize(
    ("groups", "role"),
    [(["all", "pmo-admins"], "admin"), (["all", 7, None], "viewer"), ("all", "viewer")],
)
def test_the_role_that_may_most_is_given(groups: Any, role: str) -> None:
    """Whatever the shape in which groups are told."""
    assert person(ROLES, _claims(groups=groups)).role == role


@pytest.mark.parametrize("groups", [None, [], ["other"], {"all": 1}, [["all"]]])
def test_who_is_in_no_group_is_not_let_in(groups: Any) -> None:
    """A claim that is missing is not a permission."""
    with pytest.raises(SignInError, match="none of your groups"):
        person(ROLES, _claims(groups=groups))


@pytest.mark.parametrize("verified", [None, False, "true", 1])
def test_only_a_verified_address_is_believed(verified: Any) -> None:
    """True, and nothing that resembles it."""
    with pytest.raises(SignInError, match="has not verified"):
        person(OIDC, _claims(email_verified=verified))


def test_settings_that_would_let_everybody_in_are_refused() -> None:
    """`create` without roles; an issuer that is not encrypted; no openid."""
    for wrong, why in (
        ({"create": True}, "`create` needs `roles`"),
        ({"issuer": "http://login.acme.example"}, "pattern"),
        ({"scopes": ["email"]}, "openid"),
    ):
        with pytest.raises(ValueError, match=why):
            Oidc.model_validate({"issuer": ISSUER, "client_id": "f"} | wrong)
