"""`flagstaff users`: who may use the console."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sync_engine.cli.frame import Frame, UsageProblem, command

if TYPE_CHECKING:
    import sqlalchemy as sa
    from rich.console import Console

    from sync_engine.store.audit import Actor

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Their e-mail address.")]
Role = Annotated[
    Literal["admin", "pmo", "manager", "viewer"], typer.Option("--role", help="What they may do.")
]
Scope = Annotated[
    str | None,
    typer.Option(
        "--scope",
        metavar="CONDITION",
        help='A manager\'s projects: portfolio = "Core".',
        show_default=False,
    ),
]
Zone = Annotated[
    str | None,
    typer.Option("--zone", help="Their time zone; the PMO's otherwise.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(no_args_is_help=True, help="Who may use the console.")
    app.add_typer(group, name="users")
    for name, function in (
        ("list", list_users), ("add", add), ("role", role), ("password", password),
        ("enable", enable), ("disable", disable), ("remove", remove),
    ):  # fmt: skip
        command(group, name)(function)


def list_users(frame: Frame) -> None:
    """List who may sign in, and what they may do."""
    from sync_engine import accounts
    from sync_engine.store.engine import reading

    with reading(_store(frame)) as connection:
        rows = [asdict(user) for user in accounts.everybody(connection)]
    frame.answer(rows, lambda console: _tell(console, rows))


def add(
    frame: Frame,
    address: Address,
    name: Annotated[str, typer.Option("--name", help="What they are called.")] = "",
    role: Role = "viewer",
    scope: Scope = None,
    zone: Zone = None,
) -> None:
    """Add someone. The password is asked for, or read from standard input."""
    from sync_engine import accounts, clock

    _check_scope(scope, role)
    engine = _store(frame)
    new = accounts.NewAccount(address, name, role, zone, scope)
    made = accounts.add(engine, new, _new_password(), _actor(), clock.now())
    _done(frame, asdict(made), f"{made.address} may sign in as {made.role}.")


def role(
    frame: Frame,
    address: Address,
    role: Annotated[
        Literal["admin", "pmo", "manager", "viewer"], typer.Argument(help="What they may do.")
    ],
    scope: Scope = None,
) -> None:
    """Give someone another role, a manager another scope. It ends their sessions."""
    from sync_engine import accounts, clock

    _check_scope(scope, role)
    user = accounts.change(_store(frame), address, _actor(), clock.now(), role=role, scope=scope)
    _done(frame, asdict(user), f"{user.address} is {user.role} now.")


def password(frame: Frame, address: Address) -> None:
    """Give someone another password, asked for or read from standard input; ends their sessions."""
    from sync_engine import accounts, clock

    accounts.set_password(_store(frame), address, _new_password(), _actor(), clock.now())
    _done(frame, {"address": address}, f"{address} has a new password and must sign in again.")


def enable(frame: Frame, address: Address) -> None:
    """Let someone sign in again."""
    _switch(frame, address, on=True)


def disable(frame: Frame, address: Address) -> None:
    """Let someone in no more, at once; what they did stays."""
    _switch(frame, address, on=False)


def remove(frame: Frame, address: Address) -> None:
    """Delete someone's account with its sessions and tokens; the audit log keeps what they did."""
    from sync_engine import accounts, clock

    accounts.remove(_store(frame), address, _actor(), clock.now())
    _done(frame, {"address": address}, f"{address} has no account any more.")


def _switch(frame: Frame, address: str, *, on: bool) -> None:
    from sync_engine import accounts, clock

    user = accounts.change(_store(frame), address, _actor(), clock.now(), enabled=on)
    said = "may sign in" if on else "may not sign in any more"
    _done(frame, asdict(user), f"{user.address} {said}.")


def _store(frame: Frame) -> sa.Engine:
    from sync_engine.cli.running import open_store

    return open_store(frame)


def _check_scope(scope: str | None, role: str) -> None:
    from sync_engine.access import check_scope

    if scope is None:
        return
    if role != "manager":
        raise UsageProblem("Only a manager has a scope; the other roles see everything.")
    check_scope(scope)


def _new_password() -> str:
    """A password's hash. It is never an argument: others on the machine could read it."""
    import getpass

    from sync_engine.accounts import Passwords

    if sys.stdin.isatty():
        given = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != given:
            raise UsageProblem("The two passwords differ; nothing was changed.")
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    return Passwords().hash(given)


def _actor() -> Actor:
    import getpass

    from sync_engine.store.audit import Actor

    return Actor(getpass.getuser(), "command line")


def _tell(console: Console, rows: list[dict[str, Any]]) -> None:
    from sync_engine.cli.output import cell, table

    shown = table("Address", "Name", "Role", "Scope", "Zone", "Signs in")
    for row in rows:
        shown.add_row(
            cell(row["address"], "name"), cell(row["name"]), cell(row["role"]),
            cell(row["scope"] or ""), cell(row["zone"] or ""),
            cell("yes" if row["enabled"] else "no", "" if row["enabled"] else "warn"),
        )  # fmt: skip
    if rows:
        console.print(shown)
    else:
        console.print("Nobody may sign in yet: `flagstaff users add ADDRESS --role admin`.")


def _done(frame: Frame, document: dict[str, Any], sentence: str) -> None:
    frame.answer(
        document,
        lambda console: console.print(sentence, style="good", markup=False, soft_wrap=True),
    )
