"""Signing in by browser, up to the code: authorization code with PKCE (RFC 6749 §4.1, RFC 7636).

No I/O: `begin` says where to send the browser, `code_in` reads what it comes back with. The code is
spent by `oauth.Bearer.sign_in`.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlencode

from connectors.sdk.contract import OAuth
from connectors.sdk.errors import Refused

HOW = "sign in with `flagstaff connections login`, or on the connection's page in the console."
"""How one signs in, for the help of options: the end of a sentence."""

_RANDOM_BYTES = 32  # what RFC 7636 §4.1 recommends for the verifier; 43 characters
_MOST_FIELDS = 20
_LONGEST_SAID = 200  # of the tool's own words


class NotOursError(Exception):
    """What came back belongs to no sign-in of ours: nothing follows from it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way.

    Args:
        url: what the browser opens.
        redirect: where the tool sends it back to.
        state: comes back with it, so that nobody slips us an answer of theirs.
        verifier: proves that who spends the code is who asked for it.
    """

    url: str
    redirect: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def begin(oauth: OAuth, redirect: str) -> Attempt:
    """A new sign-in; `oauth` has a `login`."""
    if oauth.login is None:
        raise TypeError("this credential has no login")
    state, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(2))
    query = {
        "response_type": "code",
        "client_id": oauth.client_id,
        "redirect_uri": redirect,
        "scope": " ".join(oauth.login.scopes),
        "state": state,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        **oauth.login.parameters,
    }
    asked = urlencode({name: text for name, text in query.items() if text}, quote_via=quote)
    return Attempt(f"{oauth.login.authorize_url}?{asked}", redirect, state, verifier)


def challenge(verifier: str) -> str:
    """What of a verifier is shown before the code is spent: S256 of RFC 7636 §4.2."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def code_in(attempt: Attempt, query: str) -> str:
    """The authorization code in the query with which the browser came back.

    Raises:
        NotOursError: its state is not that of this sign-in.
        Refused: the tool lets nobody in, and says why.
    """
    try:
        fields = parse_qs(query, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise NotOursError from None
    if any(len(values) > 1 for values in fields.values()):
        raise NotOursError
    said = {name: values[0] for name, values in fields.items()}
    if not secrets.compare_digest(said.get("state", "").encode(), attempt.state.encode()):
        raise NotOursError
    if "error" in said:
        raise _denied(said["error"], said.get("error_description"))
    if "code" not in said:
        raise Refused(
            "The tool sent the browser back without a code.", remedy="Begin the sign-in anew."
        )
    return said["code"]


def _denied(error: str, description: str | None) -> Refused:
    if error == "access_denied":
        return Refused(
            "The sign-in was declined in the tool.",
            remedy="Begin anew, and allow the access there.",
        )
    told = ": ".join(text[:_LONGEST_SAID] for text in (error, description) if text)
    return Refused(
        f"The tool did not go on with the sign-in ({told}).",
        remedy="Compare the scopes and the redirect address of the app in the tool with what "
        "the connector's page asks for.",
    )
