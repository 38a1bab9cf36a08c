"""Credentials that change while we run: rotated OAuth tokens, sealed in the store.

AES-GCM with the row's key as associated data, so that a sealed token moved to another row does
not open. The master key is 32 random bytes in a file of mode 0600 beside the store, or in
``FLAGSTAFF_KEY`` (base64). Format of a sealed value: ``v1:key id:nonce:ciphertext``.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import hmac
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import orjson
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectors.sdk.errors import Refused
from connectors.sdk.oauth import Tokens
from sync_engine.store.engine import database_now, reading
from sync_engine.store.models import Credential
from sync_engine.store.rows import instant_for
from sync_engine.store.upserts import Upsert

KEY_BYTES = 32
NONCE_BYTES = 12

_credential = Credential.__table__  # type: ignore[attr-defined]


class VaultError(Refused):
    """A sealed credential cannot be opened: it stops its connection, as a refused one does."""

    otherwise = "Put the right key back, or give this credential anew."


class Vault:
    """Seals and opens small secrets."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise VaultError(
                f"The master key has {len(key)} bytes; it must have {KEY_BYTES}.",
                remedy="Put the right key into its file, or into FLAGSTAFF_KEY.",
            )
        self._key = key
        self._cipher = AESGCM(key)
        self._id = hashlib.sha256(key).hexdigest()[:8]

    @classmethod
    def open(cls, file: Path) -> Vault:
        """The vault of this installation; makes its key file the first time.

        Raises:
            VaultError: there is no key, and none can be made, or it is no key.
        """
        given = os.environ.get("FLAGSTAFF_KEY")
        if given:
            try:
                return cls(base64.b64decode(given, validate=True))
            except binascii.Error:
                raise VaultError(
                    "FLAGSTAFF_KEY is not base64.", remedy=f"Give {KEY_BYTES} bytes as base64."
                ) from None
        done = "read"
        try:
            if not file.exists():
                done = "made"
                _make_key(file)
            return cls(file.read_bytes())
        except OSError as error:
            raise VaultError(
                f"The file of the master key, {file}, cannot be {done} ({error.strerror}).",
                remedy="Let Flagstaff read and write there, or give the key "
                f"({KEY_BYTES} random bytes as base64) in FLAGSTAFF_KEY.",
            ) from None

    def derived(self, purpose: str) -> bytes:
        """A key for one purpose, from which the master key cannot be told."""
        return hmac.digest(self._key, f"flagstaff: {purpose}".encode(), "sha256")

    def seal(self, name: str, secret: bytes) -> str:
        """The secret as text that only this vault opens, and only under this name."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, secret, name.encode())
        return ":".join(("v1", self._id, _text(nonce), _text(sealed)))

    def unseal(self, name: str, sealed: str) -> bytes:
        """The secret.

        Raises:
            VaultError: another key sealed it, it was moved from another name, or it is damaged.
        """
        version, key_id, nonce, body = [*sealed.split(":"), "", "", ""][:4]
        if version != "v1" or key_id != self._id:
            raise VaultError(
                f"The credential {name} was sealed with another master key.",
                remedy="Put that key back, or give this credential anew.",
            )
        try:
            return self._cipher.decrypt(_bytes(nonce), _bytes(body), name.encode())
        except (InvalidTag, ValueError):
            raise VaultError(
                f"The credential {name} is damaged.",
                remedy="Give it anew.",
            ) from None


class StoreTokens:
    """OAuth tokens in the store (see `connectors.sdk.oauth.TokenStore`).

    Args:
        learn: told of every token that passes, so that no text of this process holds one.
    """

    def __init__(
        self, engine: sa.Engine, vault: Vault, learn: Callable[..., None] = lambda *_: None
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._learn = learn

    def load(self, key: str) -> Tokens | None:
        """The tokens last saved, None when there are none."""
        with reading(self._engine) as connection:
            sealed = connection.execute(
                sa.select(_credential.c.sealed).where(_credential.c.key == key)
            ).scalar_one_or_none()
        if not sealed:
            return None
        held = orjson.loads(self._vault.unseal(key, sealed))
        at = held["refresh_at"]
        self._learn(held["access"], held["refresh"])
        return Tokens(held["access"], held["refresh"], datetime.fromisoformat(at) if at else None)

    def save(self, key: str, tokens: Tokens) -> None:
        """Keep tokens durably: they are committed when this returns."""
        self._learn(tokens.access_token, tokens.refresh_token)
        at = tokens.refresh_at.isoformat() if tokens.refresh_at else None
        body = orjson.dumps(
            {"access": tokens.access_token, "refresh": tokens.refresh_token, "refresh_at": at}
        )
        with self._engine.begin() as connection:
            now = instant_for(connection.dialect.name)(database_now(connection))
            Upsert(_credential, ("key", "sealed", "saved_at"), connection.dialect).run(
                connection, [(key, self._vault.seal(key, body), now)]
            )

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Keeps every other thread and process on this store out of the key; ends with us.

        A lock of its own, apart from any transaction, so that `save` can commit inside it.
        """
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], signed=True)
        if self._engine.dialect.name == "sqlite":
            path = Path(f"{self._engine.url.database}.{number & 0xFFFFFFFF:08x}.lock")
            with path.open("a") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            return
        with self._engine.connect() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_lock(number)))
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))


def _make_key(file: Path) -> None:
    """Make the key file; where others do so at the same moment, one key wins, and is whole."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(prefix=file.name, dir=file.parent)  # of mode 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(AESGCM.generate_key(bit_length=8 * KEY_BYTES))
        with suppress(FileExistsError):
            os.link(made, file)
    finally:
        Path(made).unlink()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text)
