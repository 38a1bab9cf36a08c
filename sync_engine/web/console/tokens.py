"""The tokens of a browser: its cookies, and the proof that a form came from one of our pages."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeSerializer

SESSION, GUEST, SAID, THEME = "flagstaff", "flagstaff-guest", "flagstaff-said", "flagstaff-theme"
OIDC, TOOL = "flagstaff-oidc", "flagstaff-tool"
FIELD = "_csrf"
HEADER = "X-CSRF-Token"
THEMES = ("auto", "light", "dark")
YEAR_SECONDS = 365 * 24 * 3600
_SIZE = 32


def cookie_name(name: str, *, secure: bool) -> str:
    """On https, one that no other host and no http page can set."""
    return f"__Host-{name}" if secure else name


def get_cookie(request: Request, name: str, *, secure: bool) -> str | None:
    """The value of one of our cookies."""
    return request.cookies.get(cookie_name(name, secure=secure))


def set_cookie(
    response: Response, name: str, value: str | None, *, secure: bool, seconds: int | None = None
) -> None:
    """Set one of our cookies, for the browser's session or longer; None takes it away."""
    key = cookie_name(name, secure=secure)
    if value is None:
        response.delete_cookie(key, path="/", secure=secure, httponly=True, samesite="lax")
        return
    response.set_cookie(
        key, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )


def new_guest() -> str:
    """A token for a browser in which nobody is signed in."""
    return secrets.token_urlsafe(_SIZE)


def csrf(held: str) -> str:
    """The proof for a form of the browser that holds this cookie.

    Different in every page, so that its compressed length tells nothing of it.
    """
    pad = secrets.token_bytes(_SIZE)
    return base64.urlsafe_b64encode(pad + _xor(pad, _proof(held))).decode()


def csrf_fits(held: str, given: str) -> bool:
    """Whether a form's proof belongs to the browser's cookie."""
    try:
        raw = base64.urlsafe_b64decode(given.encode())
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return False
    if len(raw) != 2 * _SIZE:
        return False
    return hmac.compare_digest(_xor(raw[:_SIZE], raw[_SIZE:]), _proof(held))


def seal_said(held: str, words: str) -> str:
    """What is to be said on the next page, for a cookie."""
    return URLSafeSerializer(held, salt="said").dumps(words)


def open_said(held: str, sealed: str | None) -> str | None:
    """What is to be said, if we wrote it for this browser."""
    if not sealed:
        return None
    try:
        return str(URLSafeSerializer(held, salt="said").loads(sealed))
    except BadSignature:
        return None


def _proof(held: str) -> bytes:
    return hmac.new(held.encode(), b"csrf", hashlib.sha256).digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
