"""The forms of connections: a connector's own options, and how all connections are read (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.sdk import registry
from connectors.sdk.contract import Connector
from sync_engine.configure import connections, forms
from sync_engine.configure.forms import Field
from sync_engine.settings import Configuration
from sync_engine.settings import models as settings
from sync_engine.settings.entry import Entry
from sync_engine.settings.load import entries

RARE = frozenset({"options.allow_private_network", "options.quota_share"})
SHARED = ("every", "census", "redact", "guard.share", "guard.items", "webhook.secret",
          "webhook.previous")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Forms:
    """The fields of a connection.

    Args:
        main: what is needed to sign in.
        scope: the option that limits what is read; None: the connector has none.
        more: what has a sensible default.
    """

    main: tuple[Field, ...]
    scope: Field | None
    more: tuple[Field, ...]

    @property
    def all(self) -> tuple[Field, ...]:
        """Every field."""
        return (*self.main, *((self.scope,) if self.scope else ()), *self.more)


def of_connector(kind: type[Connector]) -> Forms:
    """The form of a connector's connections, made from its Config and ours."""
    own = forms.form_of(kind.Config, "options.")
    named = connections.scope_option(kind.Config)
    scope = next((each for each in own if each.name == f"options.{named}"), None)
    main = [each for each in own if each is not scope and _to_sign_in(each)]
    more = [each for each in own if each is not scope and each not in main]
    shared = {each.name: each for each in forms.form_of(settings.Connection)}
    told = [replace(shared[name], group="") for name in SHARED]
    return Forms(
        tuple(sorted(main, key=lambda f: not f.required)), scope, (*more, *map(_told, told))
    )


def _to_sign_in(field: Field) -> bool:
    if field.name in RARE:
        return False
    return field.required or field.kind in ("secret", "pairs") or field.name.rpartition(".")[2] in (
        "url", "email", "user", "client_id", "workspaces", "app_id", "installation_id",
        "organizations", "groups", "deployment",
    )  # fmt: skip


def _told(field: Field) -> Field:
    labels = {
        "every": "Read every", "redact": "Keep nowhere",
        "guard.share": "Hold a census beyond a share of",
        "guard.items": "Hold a census from so many items", "webhook.secret": "Webhook secret",
        "webhook.previous": "Webhook secret before",
    }  # fmt: skip
    return replace(field, label=labels.get(field.name, field.label))


def document_of(entry: Entry | None, read: Mapping[str, Any], connector: str) -> dict[str, Any]:
    """What was read of the form as the whole document: what the form does not speak of stays."""
    held = dict(entry.document) if entry else {}
    kept = {key: held[key] for key in ("enabled", "mapping", "writeback") if key in held}
    return {**read, "connector": connector, **kept}


def kind_of(name: str) -> type[Connector] | None:
    """A connector that can be used; None: there is none of this name."""
    if name not in registry.names() or name in registry.broken():
        return None
    return registry.get(name)


def place_of(configuration: Configuration, name: str) -> str | None:
    """Where the file says a connection; None: it does not."""
    source = (configuration.file or configuration).source
    for number, each in entries(source.data, "connections"):
        if each.get("name") == name:
            place = source.place(("connections", number))
            line = f", line {place.line}" if place else ""
            return f"{source.file}{line}"
    return None
