"""What of an address (a URL) is secret: its account, and what its query says by the name of a
credential (pure)."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

_ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?:(?P<account>[^/?#]*)@)?(?P<site>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?P<rest>#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_CREDENTIAL = re.compile(r"token|secret|pass|pwd|key|auth|credential|sig(nature)?$", re.IGNORECASE)


def secrets_of(address: str) -> list[str]:
    """The passwords and the like in an address, as they are and as they are written there."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return []
    password = (found["account"] or "").partition(":")[2]
    written = {password: unquote(password)}
    for part in _parts(found["query"]):
        name, _, value = part.partition("=")
        if _CREDENTIAL.search(unquote_plus(name)):
            written[value] = unquote_plus(value)
    return [each for each in dict.fromkeys((*written, *written.values())) if each]


def without_secrets(address: str) -> str:
    """An address without its account and without what is secret in its query; any other text as
    it is."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return address
    kept = [
        part
        for part in _parts(found["query"])
        if not _CREDENTIAL.search(unquote_plus(part.partition("=")[0]))
    ]
    query = f"?{'&'.join(kept)}" if kept else ""
    return f"{found['scheme']}{found['site']}{query}{found['rest'] or ''}"


def _parts(query: str | None) -> list[str]:
    return query.split("&") if query else []
