"""`flagstaff db`: the store's version and its backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync_engine.cli.frame import ExitCode, Frame, command

db = typer.Typer(help="Upgrade, check or back up the store.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(db, name="db")


@command(db, "upgrade")
def upgrade(frame: Frame) -> None:
    """Bring the store to this version; makes a backup first (SQLite)."""
    from sync_engine import clock
    from sync_engine.store import upgrade as upgrades

    engine = frame.store()
    before = upgrades.version(engine)
    saved = upgrades.upgrade(engine, clock.now())
    said = (
        "The store is of this version already."
        if before.current
        else f"The store is now of this version ({before.program})."
    )
    if saved is not None:
        said += f" The backup from before is {saved}."
    frame.answer(
        {
            "from": before.store,
            "to": before.program,
            "upgraded": not before.current,
            "backup": str(saved) if saved else None,
        },
        lambda console: console.print(said, markup=False, soft_wrap=True),
    )


@command(db, "check")
def check(frame: Frame) -> ExitCode:
    """Say whether the store is of this version and intact."""
    import sqlalchemy as sa

    from sync_engine.store import upgrade as upgrades
    from sync_engine.store.engine import open_to_others, reading

    engine = frame.store()
    stands = upgrades.version(engine)
    problems = []
    if stands.store is None:
        problems.append("The store is empty; `flagstaff sync` or `flagstaff db upgrade` makes it.")
    elif not stands.current:
        problems.append("The store is of an older version; run `flagstaff db upgrade`.")
    if engine.dialect.name == "sqlite":
        with reading(engine) as connection:
            found = connection.execute(sa.text("PRAGMA quick_check")).scalars().all()
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(5)
        problems += [f"SQLite says: {said}." for said in found if said != "ok"]
        problems += [f"A row of {row[0]} refers to nothing in {row[2]}." for row in orphans]
    if wide := open_to_others(engine):
        frame.note(f"Others on this machine may read {', '.join(map(str, wide))}: chmod 600.")
    frame.answer(
        {"store": stands.store, "program": stands.program, "problems": problems},
        lambda console: console.print(
            "\n".join(problems) or "The store is of this version and intact.",
            style="bad" if problems else "good",
            markup=False,
            soft_wrap=True,
        ),
    )
    return ExitCode.COULD_NOT_RUN if problems else ExitCode.FINE


@command(db, "backup")
def backup(
    frame: Frame,
    target: Annotated[
        Path | None,
        typer.Argument(help="The file to write; by default beside the store, with the time."),
    ] = None,
) -> None:
    """Copy a SQLite store consistently, also while it is in use."""
    from sync_engine import clock
    from sync_engine.store import upgrade as upgrades

    engine = frame.store()
    file = target or Path(f"{engine.url.database}.{clock.now():%Y%m%d-%H%M%S}.backup")
    saved = upgrades.backup(engine, file)
    frame.answer(
        {"backup": str(saved), "bytes": saved.stat().st_size},
        lambda console: console.print(f"Wrote {saved}.", markup=False, soft_wrap=True),
    )
