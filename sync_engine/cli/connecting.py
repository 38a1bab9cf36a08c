"""`flagstaff connections`: which there are, whether they work, and how items are mapped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_engine.cli.frame import ExitCode, Frame, UsageProblem, as_json, command

if TYPE_CHECKING:
    from rich.console import Console

    from sync_engine.probing import Finding
    from sync_engine.store.vault import StoreTokens

connections = typer.Typer(
    help="List connections, check them, see what there is to map, or map items by hand.",
    no_args_is_help=True,
)
Names = Annotated[
    list[str] | None, typer.Argument(help="Connections by name; none: all.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(connections, name="connections")


@command(connections, "list")
def list_(frame: Frame) -> None:
    """List the configured connections, without asking any tool."""
    from connectors.sdk import registry
    from sync_engine.settings.values import Schedule, duration_text

    def census(value: object) -> str:
        if value is None:
            return "off"
        return str(value) if isinstance(value, Schedule) else f"every {duration_text(value)}"  # type: ignore[arg-type]

    rows: list[dict[str, Any]] = [
        {
            "name": connection.name,
            "connector": connection.connector,
            "title": registry.get(connection.connector).title,
            "url": connection.options.get("url"),
            "enabled": connection.enabled,
            "every": duration_text(connection.every),
            "census": census(connection.census),
        }
        for connection in frame.configuration().settings.connections
    ]

    def tell(console: Console) -> None:
        from sync_engine.cli.output import cell, table

        shown = table("Connection", "Tool", "Address", "Pulled every", "Census")
        for row in rows:
            shown.add_row(
                cell(row["name"], "name"), cell(row["title"]), cell(row["url"] or "the tool's own"),
                cell(row["every"] if row["enabled"] else "switched off"), cell(row["census"]),
            )  # fmt: skip
        console.print(shown)

    frame.answer(rows, tell)


@command(connections, "check")
def check(frame: Frame, names: Names = None) -> ExitCode:
    """Ask each tool who we are and what we see; say what is wrong and what to do."""
    from sync_engine.probing import probe

    configuration = frame.configuration()

    def tokens() -> StoreTokens:
        from sync_engine.cli.running import open_store
        from sync_engine.connect import token_store

        return token_store(configuration, open_store(frame))

    chosen = (
        [configuration.connection(name) for name in names]
        if names
        else [each for each in configuration.settings.connections if each.enabled]
    )
    findings = []
    for connection in chosen:
        frame.note(f"Asking {connection.name} …")
        findings.append(probe(configuration, connection, tokens))

    def tell(console: Console) -> None:
        for finding in findings:
            _tell_finding(console, finding)
        if not findings:
            console.print("No connection is configured.")

    frame.answer([finding.document() for finding in findings], tell)
    return ExitCode.FINE if all(finding.ok for finding in findings) else ExitCode.PARTLY


@command(connections, "fields")
def fields(
    frame: Frame,
    name: Annotated[str, typer.Argument(help="The connection.", show_default=False)],
) -> ExitCode:
    """List what there is to map: the tool's custom fields and its status words.

    With each field: what it fills by itself, and what `mapping` maps it to; with each status word:
    what it means, and who says so.
    """
    from sync_engine.cli.vocabulary import ask, tell

    listing = ask(frame, name)
    frame.answer(listing.document(), lambda console: tell(console, listing))
    return ExitCode.FINE if listing.ok else ExitCode.PARTLY


def _tell_finding(console: Console, finding: Finding) -> None:
    from rich.text import Text

    from sync_engine.cli.output import cell

    mark = ("✓", "good") if finding.ok else ("✗", "bad")
    head = Text.assemble(mark, " ", cell(finding.name, "name"), cell(f"  {finding.tool}", "dim"))
    console.print(head)
    for sentence in finding.facts:
        console.print(Text("  ").append_text(cell(sentence)))
    for trouble in finding.troubles:
        console.print(
            Text("  ").append_text(cell(trouble.message, "bad" if trouble.stops else "warn"))
        )
        if trouble.remedy:
            console.print(Text("    → ").append_text(cell(trouble.remedy, "remedy")))


@command(connections, "login")
def login(
    frame: Frame,
    name: Annotated[str, typer.Argument(help="The connection.", show_default=False)],
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port on this machine that the browser comes back to; 0: any free one, for tools "
            "that allow it. [default: 8651]",
            show_default=False,
        ),
    ] = None,
    redirect: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Redirect address as the tool has it, if it is not "
            "http://127.0.0.1:8651/callback or http://localhost:8651/callback.",
            show_default=False,
        ),
    ] = None,
    paste: Annotated[
        bool,
        typer.Option(
            "--paste",
            help="Do not listen; paste the address at which the browser ends. For a browser on "
            "another machine.",
        ),
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address to open.")
    ] = False,
) -> ExitCode:
    """Sign in to a tool in the browser, so that no refresh token has to be made by hand.

    The tokens are kept in the store, sealed. Signing in again replaces them.
    """
    from sync_engine.cli.login import Way, log_in

    finding = log_in(frame, name, Way(port, redirect, paste=paste, browser=not no_browser))
    frame.answer(finding.document(), lambda console: _tell_finding(console, finding))
    return ExitCode.FINE if finding.ok else ExitCode.PARTLY


@command(connections, "map")
def map_(
    frame: Frame,
    kind: Annotated[str, typer.Argument(help="The connector, for example jira.")],
    stream: Annotated[str, typer.Argument(help="The stream, for example tasks.")],
    file: Annotated[
        Path, typer.Argument(help="JSON file with one raw item, a list, or one a line; - is stdin.")
    ],
) -> ExitCode:
    """Map a file of raw items and print their records, for bug reports; asks no tool."""
    from sync_engine.cli.mapping import map_file

    records, problems = map_file(kind, stream, file)
    frame.answered = True
    typer.echo(as_json(records), nl=False)
    for problem in problems:
        frame.note(problem)
    return ExitCode.PARTLY if problems else ExitCode.FINE


@command(connections, "webhooks")
def webhooks(
    frame: Frame,
    name: Annotated[str, typer.Argument(help="The connection.", show_default=False)],
    register: Annotated[
        bool, typer.Option("--register", help="Make the hooks that are missing, by the tool's API.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take back all hooks that call us, by the tool's API.")
    ] = False,
) -> ExitCode:
    """Show the address that a tool calls, and its hooks; make or take back hooks."""
    from sync_engine.cli.hooks import act, tell

    if register and remove:
        raise UsageProblem("Either --register or --remove.")
    found = act(frame, name, register=register, remove=remove)
    frame.answer(
        found.document(), lambda console: tell(console, found, frame.configuration().settings.zone)
    )
    return ExitCode.FINE if found.ok else ExitCode.PARTLY
