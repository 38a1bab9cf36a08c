"""Signed links by which a mail's reader acts without signing in. Pure.

The signature is the permission: it is bound to what the link does, to whom it was sent and to one
life of one flag, and it ends.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from itsdangerous import BadSignature, URLSafeSerializer

from sync_engine.digest.model import FlagLine

Purpose = Literal["acknowledge", "waive"]
PURPOSES: tuple[Purpose, ...] = ("acknowledge", "waive")
LIFE = timedelta(days=14)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 1000
_LABELS: dict[Purpose, str] = {"acknowledge": "Acknowledge", "waive": "Waive"}


class LinkError(Exception):
    """A link does not hold; the message says why and what to do, in plain words."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link that holds says.

    Attributes:
        flag: its fingerprint.
        opened_at: of the flag: which of its lives is meant.
    """

    recipient: str
    flag: str
    opened_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads links.

    Args:
        key: signs them.
        url: address of the web console, without a final slash.
    """

    key: bytes
    url: str

    def acts(self, recipient: str, flag: FlagLine, now: datetime) -> tuple[tuple[str, str], ...]:
        """What the recipient can do about a flag from a mail: label and address."""
        if flag.state not in ("open", "acknowledged"):
            return ()
        purposes = PURPOSES if flag.state == "open" else PURPOSES[1:]
        claim = Claim(recipient, flag.id, flag.opened_at, now + LIFE)
        return tuple(
            (_LABELS[purpose], f"{self.url}/letters/{purpose}/{self.sign(purpose, claim)}")
            for purpose in purposes
        )

    def sign(self, purpose: Purpose, claim: Claim) -> str:
        """The token of a claim. The same claim makes the same token."""
        opened = (claim.opened_at - EPOCH) // timedelta(microseconds=1)
        expires = int(claim.expires_at.timestamp())
        return str(self._serializer(purpose).dumps([claim.recipient, claim.flag, opened, expires]))

    def read(self, purpose: Purpose, token: str, now: datetime) -> Claim:
        """What a token claims.

        Raises:
            LinkError: it is forged, cut, meant for something else, or has expired.
        """
        if len(token) > _LONGEST:
            raise LinkError("This link is not one of ours, or it is not complete.")
        try:
            recipient, flag, opened, expires = self._serializer(purpose).loads(token)
        except BadSignature:
            raise LinkError("This link is not one of ours, or it is not complete.") from None
        # In whole microseconds: a float of so many digits would not come back as it was.
        opened_at = EPOCH + timedelta(microseconds=opened)
        claim = Claim(recipient, flag, opened_at, datetime.fromtimestamp(expires, UTC))
        if now > claim.expires_at:
            raise LinkError(
                f"This link has expired: links in digests hold for {LIFE.days} days."
                " Use the one in the latest digest, or the console."
            )
        return claim

    def _serializer(self, purpose: Purpose) -> URLSafeSerializer:
        return URLSafeSerializer(
            self.key, salt=f"flagstaff letter {purpose}",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )  # fmt: skip
