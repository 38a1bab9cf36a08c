"""What a connection reads and how it is read, as short texts that change when these do.

Secrets' values do not count: a renewed token is no reason to read everything anew.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from pydantic import BaseModel, SecretStr

from sync_engine.settings.models import Connection, Settings

_NOT_SCOPE = frozenset({"allow_private_network", "quota_share"})


def scope_fingerprint(connection: Connection, options: BaseModel) -> str:
    """Of connector and options: a change means that everything has to be read anew.

    Args:
        options: the connection's options as its connector's `Config`.
    """
    return _hash({"connector": connection.connector, "options": _public(options.model_dump())})


def mapping_fingerprint(settings: Settings, connection: Connection) -> str:
    """Of the admin's mapping and the time zone: a change means a replay of what is stored."""
    said: dict[str, Any] = {
        "mapping": connection.mapping.model_dump(), "timezone": settings.timezone,
    }  # fmt: skip
    if connection.redact:
        said["redact"] = sorted(connection.redact)
    return _hash(said)


def _public(value: Any) -> Any:
    """Values without secrets, in a form that has one spelling."""
    if isinstance(value, dict):
        return {
            key: _public(each)
            for key, each in value.items()
            if key not in _NOT_SCOPE and not isinstance(each, SecretStr)
        }
    if isinstance(value, (set, frozenset)):
        return sorted((_public(each) for each in value), key=repr)
    if isinstance(value, (list, tuple)):
        return [_public(each) for each in value if not isinstance(each, SecretStr)]
    return value


def _hash(value: Any) -> str:
    return hashlib.sha256(
        orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS)
    ).hexdigest()[:32]
