"""What `flagstaff connections webhooks` does and says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connectors.sdk.errors import ConnectorError
from connectors.sdk.webhooks import Registered
from sync_engine import hooking
from sync_engine.cli.frame import Frame, UsageProblem
from sync_engine.cli.output import cell, local, table
from sync_engine.cli.running import open_store
from sync_engine.connect import Workshop, told_secrets
from sync_engine.store.engine import reading
from sync_engine.store.models import Connection

if TYPE_CHECKING:
    from rich.console import Console

_connection = Connection.__table__  # type: ignore[attr-defined]


@dataclass(slots=True)
class Found:
    """What there is to say of a connection's hooks."""

    name: str
    address: str
    signed_by: str
    howto: str
    called_at: datetime | None = None
    refused_at: datetime | None = None
    hooks: Sequence[Registered] | None = None  # None: the tool does not tell them
    done: list[str] = field(default_factory=list)
    trouble: str = ""
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether all went well."""
        return not self.trouble

    def document(self) -> dict[str, Any]:
        """For machines."""
        hooks = [
            {"id": each.id, "scope": each.scope, "expires_at": each.expires_at,
             "trouble": each.trouble}
            for each in self.hooks or ()
        ]  # fmt: skip
        return {
            "name": self.name, "address": self.address, "signed_by": self.signed_by,
            "called_at": self.called_at, "refused_at": self.refused_at,
            "hooks": None if self.hooks is None else hooks, "done": self.done,
            "trouble": self.trouble, "remedy": self.remedy,
        }  # fmt: skip


def act(frame: Frame, name: str, *, register: bool, remove: bool) -> Found:
    """Show, make or take back the hooks of a connection."""
    configuration = frame.configuration()
    connection = configuration.connection(name)
    engine = open_store(frame)
    try:
        line = hooking.line_of(configuration, connection)
    except hooking.NoWebhookError as error:
        raise UsageProblem(str(error)) from None
    found = Found(name, line.address, line.webhook.signed_by, line.webhook.howto)
    with reading(engine) as store:
        row = store.execute(
            sa.select(_connection.c.hooked_at, _connection.c.hook_refused_at).where(
                _connection.c.name == name
            )
        ).one_or_none()
    if row is not None:
        found.called_at, found.refused_at = row
    try:
        hooks = hooking.Registry(
            Workshop.open(configuration, engine), connection, told_secrets(configuration, engine)
        )
        if register:
            found.done.append(f"{len(hooks.register())} hooks were made.")
        if remove:
            found.done.append(f"{hooks.remove()} hooks were taken back.")
        found.hooks = hooks.hooks()
    except hooking.NoWebhookError as error:
        if register or remove:
            raise UsageProblem(str(error)) from None
    except ConnectorError as error:
        found.trouble, found.remedy = error.message, error.advice
    return found


def tell(console: Console, found: Found, zone: tzinfo) -> None:
    """The address first, then how it is used, then what is so."""

    console.print(cell(found.address, "name"), soft_wrap=True)
    if found.signed_by == "us":
        console.print("The tool signs its calls with `webhook: secret`.")
    elif found.signed_by == "tool":
        console.print("The tool chooses the secret of its calls, and tells it with the hook.")
    else:
        console.print("The tool does not sign its calls: keep this address to yourself.")
    console.print(found.howto, soft_wrap=True)
    console.print(f"Last call: {local(found.called_at, zone) if found.called_at else 'none yet'}.")
    if found.refused_at:
        said = f"A call whose signature was not right came on {local(found.refused_at, zone)}."
        console.print(cell(said, "warn"))
    for sentence in found.done:
        console.print(cell(sentence, "good"))
    if found.hooks:
        shown = table("Hook", "Container", "Runs out", "State")
        for each in found.hooks:
            ends = local(each.expires_at, zone) if each.expires_at else "never"
            state = cell(each.trouble, "warn") if each.trouble else cell("works", "good")
            shown.add_row(cell(each.id, "name"), cell(each.scope or "all"), cell(ends), state)
        console.print(shown)
    if found.trouble:
        console.print(cell(found.trouble, "bad"), soft_wrap=True)
        console.print(cell(f"  → {found.remedy}", "remedy"), soft_wrap=True)
