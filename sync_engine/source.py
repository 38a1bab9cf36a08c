"""A configured connection, ready to be read: the connector, its door, and what the admin says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from connectors.sdk.contract import Connector, provided
from connectors.sdk.errors import ConnectorError, Unexpected
from sync_engine.admin_map import REDACTIONS, AdminMapping
from sync_engine.reconcile import Guard
from sync_engine.store import history
from sync_engine.store.rows import name_of


class Meter(Protocol):
    """What the door counts."""

    @property
    def requests(self) -> int:
        """HTTP requests sent so far."""
        ...

    @property
    def retries(self) -> int:
        """How many of them were repeats."""
        ...

    @property
    def budget_used(self) -> float | None:
        """Largest share (0 … 1) of the tool's limit that was seen used; None: none was told."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """One connection as the engine reads it.

    Args:
        scope_fingerprint: of connector and options: a change reads everything anew.
        mapping_fingerprint: of the admin's mapping and zone: a change replays what is stored.
        every: how often it is pulled; the yardstick of staleness.
    """

    name: str
    connector: Connector
    meter: Meter
    mapping: AdminMapping = field(default_factory=AdminMapping)
    guard: Guard = field(default_factory=Guard)
    scope_fingerprint: str = ""
    mapping_fingerprint: str = ""
    every: timedelta = timedelta(minutes=5)

    @property
    def provides(self) -> dict[str, list[str]]:
        """As `Connection.provides` keeps it."""
        redacted = {REDACTIONS[what][:2] for what in self.mapping.redact}
        return {
            name_of(kind): sorted(name for name in fields if (kind, name) not in redacted)
            for kind, fields in provided(self.connector).items()
        }

    @property
    def observe(self) -> frozenset[str]:
        """Fields of a task whose history the tool does not give."""
        return frozenset(history.TRACKED) - self.connector.history


@contextmanager
def telling(connector: Connector, where: str) -> Iterator[None]:
    """Ask a connector for something: a plug-in's defect is told as an error of its own.

    Args:
        where: what was asked for, as in "failed in WHERE".

    Raises:
        Unexpected: the connector raised what is no `ConnectorError`.
    """
    try:
        yield
    except ConnectorError:
        raise
    except Exception as error:
        raise defect(connector, where, error) from error


def defect(
    connector: Connector, where: str, error: Exception, scope: str | None = None
) -> Unexpected:
    """What is said of a connector that fails as it should not."""
    return Unexpected(
        f"the {connector.title} connector failed in {where}: {type(error).__name__}: {error}",
        remedy="Please report this to the authors of the connector.",
        scope=scope,
    )
