"""What `flagstaff doctor` collects. Every text in it is cleaned of secrets."""

from __future__ import annotations

import os
import platform
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.sdk import registry
from sync_engine.cli.boundary import explain
from sync_engine.cli.frame import Frame, state_file
from sync_engine.logs import clean
from sync_engine.settings import Configuration
from sync_engine.settings.addresses import without_secrets
from sync_engine.settings.values import Reference
from sync_engine.settings.wording import is_secret

PACKAGES = (
    "flagstaff", "pydantic", "sqlalchemy", "sqlmodel", "alembic", "requests", "msgspec", "orjson",
    "structlog", "typer", "rich", "lark", "holidays", "apscheduler", "psycopg", "procrastinate",
)  # fmt: skip
ERRORS = 5
HIDDEN = "(given in the file)"


def examine(frame: Frame) -> dict[str, Any]:
    """Section by section; what cannot be had says why, and stops nothing else."""
    sections: dict[str, Callable[[], Any]] = {
        "program": _program,
        "connectors": _connectors,
        "configuration": lambda: _settings(frame.file()),
        "made_in_the_console": lambda: _entries(frame.configuration()),
        "store": lambda: _store(frame),
        "connections": lambda: _connections(frame),
        "waiting_for_a_word": lambda: _holds(frame),
        "last_errors": lambda: _errors(frame),
        "reports": _reports,
    }
    document = {name: _guarded(section) for name, section in sections.items()}
    cleaned: dict[str, Any] = clean(document)
    return cleaned


def _guarded(section: Callable[[], Any]) -> Any:
    try:
        return section()
    except Exception as error:  # noqa: BLE001 - a sick part is what the doctor has to tell
        return {"not available": explain(error)[0] or f"{type(error).__name__}: {error}"}


def _program() -> dict[str, Any]:
    found = {}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return {
        **found,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processors": os.cpu_count(),
    }


def _connectors() -> dict[str, Any]:
    held = {
        name: f"{kind.title}, proven by {kind.evidence} on {kind.evidence_on}"
        for name, kind in registry.connectors().items()
    }
    return held | dict(registry.broken())


def _settings(configuration: Configuration) -> dict[str, Any]:
    """The settings that differ from the defaults, secrets left out."""
    settings = configuration.settings
    shown = settings.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for connection in shown.get("connections", ()):
        config = registry.get(connection["connector"]).Config
        for name, field in config.model_fields.items():
            held = connection.get("options", {}).get(field.alias or name)
            if held is not None and is_secret(field.annotation):
                connection["options"][field.alias or name] = _kept(str(held))
    if settings.mail is not None and settings.mail.password is not None:
        shown["mail"]["password"] = _kept(settings.mail.password.get_secret_value())
    if "store" in shown:
        open_ = without_secrets(settings.store) == settings.store
        shown["store"] = settings.store if open_ else _kept(settings.store)
    return {"file": configuration.source.file, **_unlike_secrets(shown)}


def _entries(configuration: Configuration) -> dict[str, Any]:
    """How many entries of each kind are in force, and what is left out."""
    counted = Counter[str](entry.kind for entry in configuration.entries)
    return {**counted, "left out": [str(each) for each in configuration.left_out]}


def _kept(text: str) -> str:
    """Where a secret is kept, never what it is; a command may name one, so only its program."""
    reference = Reference.of(text)
    if reference is None:
        return HIDDEN
    if reference.kind == "cmd":
        return f"cmd:{reference.target.split()[0]} …"
    return str(reference)


def _unlike_secrets(shown: dict[str, Any]) -> dict[str, Any]:
    """`clean` hides values by their key; where a secret is kept may be shown, under another."""
    if not isinstance(shown, dict):
        return shown
    renamed: dict[str, Any] = {}
    for key, value in shown.items():
        if isinstance(value, dict):
            renamed[key] = _unlike_secrets(value)
        elif isinstance(value, list):
            renamed[key] = [_unlike_secrets(each) for each in value]
        elif isinstance(value, str) and (value == HIDDEN or Reference.of(value)):
            renamed[f"where {key} is".replace("token is", "the credential is")] = value
        else:
            renamed[key] = value
    return renamed


def _store(frame: Frame) -> dict[str, Any]:
    from sync_engine.store import models
    from sync_engine.store.engine import open_to_others, reading
    from sync_engine.store.upgrade import version as store_version

    engine = frame.store()
    stands = store_version(engine)
    facts: dict[str, Any] = {
        "where": engine.url.render_as_string(hide_password=True),
        "version": stands.store,
        "version of the program": stands.program,
    }
    if engine.dialect.name == "sqlite" and engine.url.database:
        file = Path(engine.url.database)
        facts["bytes"] = file.stat().st_size if file.exists() else 0
        if wide := open_to_others(engine):
            facts["others may read"] = f"{', '.join(map(str, wide))}; chmod 600 keeps it to you"
    with reading(engine) as connection:
        facts["server"] = ".".join(str(n) for n in connection.dialect.server_version_info or ())
        if stands.store is None:
            return facts
        kinds: tuple[Any, ...] = (
            models.ProjectRow, models.PersonRow, models.TaskRow, models.ChangeRow, models.RawItem,
        )  # fmt: skip
        for table in (kind.__table__ for kind in kinds):
            present = sa.select(sa.func.count()).select_from(table).where(table.c.gone_at.is_(None))
            facts[f"rows of {table.name}"] = connection.execute(present).scalar_one()
    return facts


def _rows(frame: Frame, statement: sa.Select[Any]) -> list[dict[str, Any]]:
    from sync_engine.store.engine import reading

    with reading(frame.store()) as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


def _connections(frame: Frame) -> dict[str, Any]:
    from sync_engine.store.models import Connection

    held: sa.Table = Connection.__table__  # type: ignore[attr-defined]
    wanted = sa.select(
        held.c.name, held.c.connector, held.c.state, held.c.message, held.c.complete_at,
        held.c.census_at, held.c.next_pull_at,
    ).order_by(held.c.name)  # fmt: skip
    return {row.pop("name"): row for row in _rows(frame, wanted)}


def _holds(frame: Frame) -> list[dict[str, Any]]:
    from sync_engine.store.models import Hold

    held: sa.Table = Hold.__table__  # type: ignore[attr-defined]
    return _rows(
        frame,
        sa.select(held.c.run_id, held.c.stream, held.c.scope, held.c.reason, held.c.at)
        .where(held.c.accepted_at.is_(None), held.c.superseded_at.is_(None))
        .order_by(held.c.id),
    )


def _errors(frame: Frame) -> list[dict[str, Any]]:
    from sync_engine.store.models import Run

    held: sa.Table = Run.__table__  # type: ignore[attr-defined]
    return _rows(
        frame,
        sa.select(held.c.id, held.c.kind, held.c.outcome, held.c.started_at, held.c.message)
        .where(held.c.message.is_not(None), held.c.outcome != "complete")
        .order_by(held.c.id.desc())
        .limit(ERRORS),
    )


def _reports() -> list[str]:
    with state_file("") as folder:
        return [str(each) for each in sorted(folder.glob("error-*.txt"))[-ERRORS:]]
