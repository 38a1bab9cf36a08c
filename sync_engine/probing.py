"""Checking one connection: who we are there, what we see, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.sdk import registry
from connectors.sdk.contract import Connector, Identity, Options, Scope
from connectors.sdk.errors import ConnectorError, Refused, Throttled, Unavailable
from connectors.sdk.http import open_door
from connectors.sdk.oauth import TokenStore
from connectors.sdk.vocabulary import FieldName, Vocabulary, vocabulary_of
from sync_engine import clock
from sync_engine.deliveries import takes_deliveries
from sync_engine.secrets import SecretError, connection_options
from sync_engine.settings import Configuration, Connection
from sync_engine.settings.models import Mapping
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
    """Ask a tool once or twice, and for what there is to map where something is mapped. Never
    raises for what is wrong with the connection.

    Args:
        tokens: opens the store of refreshed tokens; asked only where the tool needs one.
    """
    kind = registry.get(connection.connector)
    finding = Finding(connection.name, kind.title)
    try:
        options = connection_options(
            connection, kind, configuration.folder, kept=configuration.kept
        )
    except SecretError as error:
        finding.troubles.append(Trouble(f"{error}."))
        return finding
    if takes_deliveries(kind):
        finding.facts.append(
            f"Takes deliveries: `flagstaff deliver {connection.name} FILE`, and, with a token, "
            f"PUT /api/v1/inbound/{connection.name}/tasks."
        )
        return finding
    try:
        with opened(connection, options, tokens) as connector:
            identity = connector.check()
            _introduce(finding, identity)
            finding.scopes = connector.scopes()
            finding.facts += _seen(finding.scopes)
            finding.troubles += _remarks(identity, finding.scopes, clock.now())
            finding.troubles += mapping_troubles(connection, connector)
    except ConnectorError as error:
        finding.troubles.append(trouble_of(error))
    return finding


@contextmanager
def opened(
    connection: Connection, options: Options, tokens: Callable[[], TokenStore]
) -> Iterator[Connector]:
    """The connector of a connection, whose door is closed in the end."""
    kind = registry.get(connection.connector)
    door = open_door(
        kind,
        options,
        tokens=tokens() if kind.access(options).oauth is not None else None,
        connection=connection.name,
    )
    try:
        yield kind(options, door)
    finally:
        door.close()


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


def mapping_troubles(connection: Connection, connector: Connector) -> Iterator[Trouble]:
    """What the mapping names and the tool does not list, as far as its connector can tell; asked
    only where something is mapped."""
    if not (connection.mapping.status or connection.mapping.fields):
        return
    try:
        known = vocabulary_of(connector)
    except ConnectorError as error:
        trouble = trouble_of(error)
        yield replace(
            trouble, message=f"The mapping was not checked. {trouble.message}", stops=False
        )
    else:
        if known is not None:
            yield from unknown_words(connection.mapping, known)


def unknown_words(mapping: Mapping, known: Vocabulary) -> Iterator[Trouble]:
    """What a mapping names and the tool does not list, with what is nearest to it."""
    if known.status is not None and not known.free and "status" not in mapping.fields:
        folded = {word.casefold() for word in known.status}
        for word in mapping.status:
            if word.casefold() not in folded:
                yield _not_listed("status word", word, known.status, "status")
    for ours, named in mapping.fields.items():
        if known.fields is None:
            return
        found = [field for field in known.fields if is_named(field, named)]
        if not found:
            yield _not_listed("custom field", named, [each.name for each in known.fields], "fields")
        elif all(field.taken and field.fills != ours for field in found):
            yield Trouble(
                f'The field "{named}" fills `{found[0].fills}` by itself, and nothing else.',
                f"Take `{ours}` out of `mapping.fields` of this connection.",
                stops=False,
            )


def is_named(field: FieldName, named: str) -> bool:
    """Whether a mapping that names this means the field: by its id, or by its name in any case."""
    return field.id == named or field.name.casefold() == named.casefold()


def _not_listed(thing: str, word: str, listed: Sequence[str], part: str) -> Trouble:
    return Trouble(
        f'The tool lists no {thing} "{word}"{nearest(word, listed) or "."}',
        f"Correct `mapping.{part}` of this connection; `flagstaff connections fields` lists what "
        "there is.",
        stops=False,
    )
