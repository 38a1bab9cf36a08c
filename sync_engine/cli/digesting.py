"""`flagstaff digest`: see what a recipient would get, or send what is due."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_engine.cli.frame import ExitCode, Frame, UsageProblem, command

if TYPE_CHECKING:
    from datetime import datetime

    import sqlalchemy as sa
    from rich.console import Console

    from sync_engine.digest.audience import Recipient
    from sync_engine.digest.model import Subscription

digest = typer.Typer(help="Preview digests, or send them.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(digest, name="digest")


@command(digest, "preview")
def preview(
    frame: Frame,
    name: Annotated[
        str | None, typer.Argument(help="A digest by its name or recipient; none: the only one.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ADDRESS", help="As this recipient gets it.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as HTML.")
    ] = None,
) -> None:
    """Show the digest that a recipient would get now; nothing is sent or remembered."""
    from sync_engine import clock
    from sync_engine.cli.running import open_store
    from sync_engine.digest import run
    from sync_engine.subscriptions import links_if_any, reader

    configuration = frame.configuration()
    subscription, named = _chosen(frame, name)
    engine, now = open_store(frame), clock.now()
    recipient, told = _told(frame, engine, subscription, to or named, now)
    rendered = run.preview(
        engine, subscription, recipient, now,
        gather=reader(configuration, engine, now), told=told,
        links=links_if_any(configuration, engine),
        web_url=configuration.settings.web.url,
    )  # fmt: skip
    if html is not None:
        try:
            html.write_text(rendered.page, encoding="utf-8")
        except OSError as error:
            raise UsageProblem(f"{html} cannot be written ({error.strerror}).") from None

    def tell(console: Console) -> None:
        if html is not None:
            console.print(f"Wrote {html}.", style="good", markup=False, soft_wrap=True)
            return
        console.print(f"To: {recipient}", style="dim", markup=False)
        console.print(f"Subject: {rendered.subject}\n", style="heading", markup=False)
        console.print(rendered.text, markup=False, soft_wrap=True)

    frame.answer(
        {
            "to": recipient,
            "subject": rendered.subject,
            "text": rendered.text,
            "html": rendered.page,
        },
        tell,
    )


def _chosen(frame: Frame, name: str | None) -> tuple[Subscription, str | None]:
    """The subscription that a name means, or a recipient's, whose address comes with it."""
    from sync_engine.digest.addresses import folded
    from sync_engine.subscriptions import subscriptions

    found = subscriptions(frame.configuration())
    if not found:
        raise UsageProblem(f"No digest is configured; see `digests` in {frame.config}.")
    if name is None and len(found) == 1:
        return found[0], None
    for subscription in found:
        if name == subscription.name:
            return subscription, None
    for subscription in found:
        if name is not None and folded(name) in {
            folded(each) for part in subscription.parts for each in part.to
        }:
            return subscription, name
    names = ", ".join(each.name for each in found)
    raise UsageProblem(f"Say which digest: {names}.")


def _named(frame: Frame, name: str) -> str:
    """The name of a digest, which goes to all of its recipients."""
    subscription, recipient = _chosen(frame, name)
    if recipient is not None:
        raise UsageProblem(
            f'{recipient} is a recipient of the digest "{subscription.name}"; say that name to '
            "send it to all of them."
        )
    return subscription.name


def _told(
    frame: Frame, engine: sa.Engine, subscription: Subscription, to: str | None, now: datetime
) -> tuple[str, Recipient | None]:
    """Whose digest is shown, and what is theirs."""
    from sync_engine.digest.addresses import folded
    from sync_engine.subscriptions import audiences

    if not subscription.by_people:
        return to or (*subscription.to, *subscription.boards)[0], None
    told = audiences(frame.configuration(), engine, now)(engine, subscription, now)
    if to is None and told:
        to = next(iter(told))
    for each in told:
        if to is not None and folded(each) == folded(to):
            return each, told[each]
    names = ", ".join(told) or "nobody, as no flag is anybody's"
    raise UsageProblem(f'The digest "{subscription.name}" goes now to: {names}.')


@command(digest, "send")
def send(
    frame: Frame,
    name: Annotated[
        str | None, typer.Argument(help="Send today's of this digest, whatever the schedule says.")
    ] = None,
    now_too: Annotated[
        bool, typer.Option("--now", help="Send today's of all, whatever the schedule says.")
    ] = False,
) -> ExitCode:
    """Send every digest that is due, and what still waits to be delivered."""
    from sync_engine.cli.running import open_store
    from sync_engine.digest.run import WELL
    from sync_engine.duties import send_digests

    only = None if name is None else _named(frame, name)
    by_hand = now_too or only is not None
    queued, delivered = send_digests(
        frame.configuration(), open_store(frame), by_hand=by_hand, only=only
    )
    failed = [each for each in delivered if each.state not in WELL]
    troubles = [
        {"digest": each.subscription, "to": each.recipient or None, "trouble": each.trouble}
        for each in queued
        if each.trouble
    ]
    rows: list[dict[str, Any]] = [
        {
            "digest": each.subscription, "to": each.recipient, "period": each.period_key,
            "channel": each.channel, "state": each.state, "said": each.text,
        }
        for each in delivered
    ]  # fmt: skip

    nothing = "No digest is due."
    if by_hand:
        nothing = "Nothing to send: nothing is to be told, or today's was sent already."

    def tell(console: Console) -> None:
        from sync_engine.cli.output import cell, table

        for each in troubles:
            told = f'The digest "{each["digest"]}" could not be composed: {each["trouble"]}'
            console.print(told, style="bad", markup=False, soft_wrap=True)
        if not rows:
            if not troubles:
                console.print(nothing)
            return
        shown = table("Digest", "To", "Channel", "State", "What was said")
        for row in rows:
            style = "good" if row["state"] == "sent" else "bad"
            shown.add_row(
                cell(row["digest"], "name"), cell(row["to"]), cell(row["channel"]),
                cell(row["state"], style), cell(row["said"]),
            )  # fmt: skip
        console.print(shown)

    composed = len(queued) - len(troubles)
    frame.answer({"composed": composed, "deliveries": rows, "troubles": troubles}, tell)
    return ExitCode.PARTLY if failed or troubles else ExitCode.FINE


@command(digest, "readers")
def readers(
    frame: Frame,
    name: Annotated[str | None, typer.Argument(help="A digest; none: all.")] = None,
) -> None:
    """Show who gets digests, and who left: nothing is sent to them again."""
    from sync_engine.cli.running import open_store
    from sync_engine.digest import leaving

    found = leaving.members(open_store(frame), name)
    rows = [
        {
            "digest": each.subscription, "to": each.recipient, "last_period": each.period_key,
            "left_at": each.left_at,
        }
        for each in found
    ]  # fmt: skip

    def tell(console: Console) -> None:
        from sync_engine.cli.output import cell, table

        if not found:
            console.print("Nobody was sent a digest yet.")
            return
        shown = table("Digest", "To", "Last period", "State")
        for each in found:
            left = each.left_at and each.left_at.astimezone(frame.configuration().settings.zone)
            state = f"left on {left:%Y-%m-%d}" if left else "gets it"
            shown.add_row(
                cell(each.subscription, "name"), cell(each.recipient),
                cell(each.period_key or ""), cell(state, "bad" if left else "good"),
            )  # fmt: skip
        console.print(shown)

    frame.answer({"readers": rows}, tell)
