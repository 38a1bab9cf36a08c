"""Checking one connection: who we are there, what we see, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.sdk import registry
from connectors.sdk.contract import Identity, Scope
from connectors.sdk.errors import ConnectorError, Refused, Throttled, Unavailable
from connectors.sdk.http import open_door
from connectors.sdk.oauth import TokenStore
from sync_engine import clock
from sync_engine.deliveries import takes_deliveries
from sync_engine.secrets import SecretError, connection_options
from sync_engine.settings import Configuration, Connection
from sync_engine.settings.nearest import nearest

SKEW = timedelta(minutes=5)
SOON = timedelta(days=14)
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong; `who` has to act on it; `stops`: nothing can be read until then."""

    message: str
    remedy: str = ""
    who: str = "admin"
    stops: bool = True


@dataclass(slots=True)
class Finding:
    """What a check found out about one connection."""

    name: str
    tool: str
    facts: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    account: str | None = None
    site: str | None = None
    scopes: Sequence[Scope] = ()

    @property
    def ok(self) -> bool:
        """Whether the connection can be read."""
        return not any(trouble.stops for trouble in self.troubles)

    def document(self) -> dict[str, Any]:
        """For machines."""
        return {
            "name": self.name,
            "tool": self.tool,
            "ok": self.ok,
            "account": self.account,
            "site": self.site,
            "scopes": [asdict(scope) for scope in self.scopes],
            "facts": self.facts,
            "troubles": [asdict(trouble) for trouble in self.troubles],
        }


def probe(
    configuration: Configuration, connection: Connection, tokens: Callable[[], TokenStore]
) -> Finding:
    """Ask a tool once or twice. Never raises for what is wrong with the connection.

    Args:
        tokens: opens the store of refreshed tokens; asked only where the tool needs one.
    """
    kind = registry.get(connection.connector)
    finding = Finding(connection.name, kind.title)
    try:
        options = connection_options(connection, kind, configuration.folder)
    except SecretError as error:
        finding.troubles.append(Trouble(f"{error}."))
        return finding
    if takes_deliveries(kind):
        finding.facts.append(
            f"Takes deliveries: `flagstaff deliver {connection.name} FILE`, and, with a token, "
            f"PUT /api/v1/inbound/{connection.name}/tasks."
        )
        return finding
    door = open_door(
        kind,
        options,
        tokens=tokens() if kind.access(options).oauth is not None else None,
        connection=connection.name,
    )
    try:
        connector = kind(options, door)
        identity = connector.check()
        _introduce(finding, identity)
        finding.scopes = connector.scopes()
        finding.facts += _seen(finding.scopes)
    except ConnectorError as error:
        finding.troubles.append(trouble_of(error))
    else:
        finding.troubles += _remarks(identity, finding.scopes, clock.now())
        finding.troubles += mapping_troubles(connection, connector)
    finally:
        door.close()
    return finding


def trouble_of(error: ConnectorError) -> Trouble:
    """An error of a connector, with who has to act on it."""
    if isinstance(error, Throttled):
        return Trouble(
            error.message,
            error.remedy or f"Nothing to do: it may be asked again at {error.until:%H:%M} UTC.",
            "nobody",
        )
    who = (
        "admin" if isinstance(error, Refused)
        else "nobody" if isinstance(error, Unavailable)
        else "developers"
    )  # fmt: skip
    return Trouble(error.message, error.advice, who)


def _introduce(finding: Finding, identity: Identity) -> None:
    finding.account, finding.site = identity.account, identity.site
    version = f" (version {identity.version})" if identity.version else ""
    finding.facts.append(f"Signed in at {identity.site}{version} as {identity.account}.")


def _seen(scopes: Sequence[Scope]) -> Iterator[str]:
    if not scopes:
        return
    names = sorted((scope.name for scope in scopes if scope.state == "active"), key=str.casefold)
    others = len(scopes) - len(names)
    more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    yield (
        f"Sees {len(names)} active containers of work"
        f"{f' and {others} archived or closed' if others else ''}: "
        f"{', '.join(names[:SHOWN])}{more}."
    )


def _remarks(identity: Identity, scopes: Sequence[Scope], now: datetime) -> Iterator[Trouble]:
    """What works and should still be looked at."""
    if not scopes:
        yield Trouble(
            "The account sees no container of work at all.",
            "Give it access to the projects or boards, or correct their names in `options`.",
        )
    for warning in identity.warnings:
        yield Trouble(warning, stops=False)
    if identity.server_time is not None and abs(identity.server_time - now) > SKEW:
        minutes = round(abs(identity.server_time - now).total_seconds() / 60)
        yield Trouble(
            f"The tool's clock and ours differ by {minutes} minutes.",
            "Set this machine's clock by NTP; ages and due dates are counted by it.",
            stops=False,
        )
    expiry = identity.credential_expires_at
    if expiry is not None and expiry - now < SOON:
        yield Trouble(
            f"The credential expires on {expiry:%Y-%m-%d}.",
            "Make a new one in the tool and put it where the old one is kept.",
            stops=False,
        )


def mapping_troubles(connection: Connection, connector: Any) -> Iterator[Trouble]:
    """Names of the mapping that the tool does not know, as far as its connector can tell.

    A connector that can name its status words and custom fields has a method `vocabulary()` that
    gives `{"status": [...], "fields": [...]}`.
    """
    mapping = connection.mapping
    vocabulary = getattr(connector, "vocabulary", None)
    if vocabulary is None or not (mapping.status or mapping.fields):
        return
    known = vocabulary()
    for what, words in (("status", mapping.status), ("fields", mapping.fields.values())):
        held = list(known.get(what, ()))
        folded = {word.casefold() for word in held}
        for word in words:
            if held and word.casefold() not in folded:
                thing = "status word" if what == "status" else "custom field"
                yield Trouble(
                    f'The tool has no {thing} "{word}"{nearest(word, held)}.',
                    f"Correct `mapping.{what}` of this connection.",
                    stops=False,
                )
