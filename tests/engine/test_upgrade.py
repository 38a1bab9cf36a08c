"""The store's version: from empty to the newest, in step with the models, never a newer one."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from sync_engine.store import tables, upgrade
from sync_engine.store.engine import open_engine, open_to_others
from sync_engine.store.runs import connection_id

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty database."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    else:
        engine = open_engine(request.getfixturevalue("postgres_url"))
    yield engine
    engine.dispose()


def test_an_empty_database_becomes_a_store(empty: sa.Engine) -> None:
    assert upgrade.version(empty).store is None
    upgrade.upgrade(empty, NOW)
    assert upgrade.version(empty).current
    assert connection_id(empty, "one", "trello") == 1


def test_the_migrations_make_what_the_models_say(empty: sa.Engine) -> None:
    upgrade.upgrade(empty, NOW)
    with empty.connect() as connection:
        options = {"compare_type": False, "include_object": _meant_for(connection.dialect.name)}
        context = MigrationContext.configure(connection, opts=options)
        differences = compare_metadata(context, tables.METADATA)
    assert differences == []


@pytest.mark.postgres
def test_the_migrations_make_the_statistics_that_the_models_make(
    postgres_url: str, postgres_store: sa.Engine
) -> None:
    """They are no part of what Alembic compares."""
    asked = sa.text("SELECT stxname, stxkeys::text, stxkind FROM pg_statistic_ext ORDER BY stxname")
    migrated = open_engine(postgres_url)
    upgrade.upgrade(migrated, NOW)
    with migrated.connect() as one, postgres_store.connect() as other:
        found = one.execute(asked).all()
        assert found == other.execute(asked).all()
        assert [row.stxname for row in found] == ["st_task_run"]
    migrated.dispose()


def _meant_for(dialect: str) -> Callable[..., bool]:
    """Leaves out the indexes that only another database gets; see `Index.ddl_if`."""

    def meant(thing: Any, *_: Any) -> bool:
        only = getattr(thing, "_ddl_if", None)
        return only is None or only.dialect == dialect

    return meant


def test_down_and_up_again(empty: sa.Engine) -> None:
    upgrade.upgrade(empty, NOW)
    config = upgrade.alembic_config()
    with empty.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert upgrade.version(empty).store is None
    upgrade.upgrade(empty, NOW)
    assert upgrade.version(empty).current


def test_long_lines_of_the_audit_log_survive_being_indexed(empty: sa.Engine) -> None:
    long = "".join(sha256(b"%d" % number).hexdigest() for number in range(300))
    config = upgrade.alembic_config()
    with empty.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0015")
        connection.execute(
            sa.text(
                "INSERT INTO audit (at, who, via, action, about) VALUES (:at, 'a', 'b', 'c', :d)"
            ),
            {"at": "2026-03-02", "d": long},
        )
    upgrade.upgrade(empty, NOW)
    with empty.connect() as connection:
        assert connection.execute(sa.text("SELECT about FROM audit")).scalar_one() == long[:300]


@pytest.mark.parametrize("before", [None, "0010"])
def test_processes_that_start_together_upgrade_once(
    empty: sa.Engine, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    """Each has seen the old store before any of them begins."""
    if before is not None:
        config = upgrade.alembic_config()
        with empty.connect() as connection, connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, before)
    look, together = upgrade.version, Barrier(3)

    def seen(engine: sa.Engine) -> upgrade.Version:
        stands = look(engine)
        together.wait(60)
        return stands

    monkeypatch.setattr(upgrade, "version", seen)
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda n: upgrade.upgrade(empty, NOW.replace(second=n)), range(3)))
    assert look(empty).current
    saved = [each for each in found if each is not None]
    assert len(saved) == (before is not None and empty.dialect.name == "sqlite")
    for each in saved:
        copy = open_engine(f"sqlite:///{each}")
        assert look(copy).store == before
        copy.dispose()
        assert list(each.parent.glob("*.before-*")) == [each]


def test_a_newer_store_is_refused(empty: sa.Engine) -> None:
    upgrade.upgrade(empty, NOW)
    with empty.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(upgrade.StoreVersionError, match="newer version"):
        upgrade.version(empty)


def test_somebody_elses_database_is_refused(empty: sa.Engine) -> None:
    with empty.begin() as connection:
        connection.execute(sa.text("CREATE TABLE invoices (id INTEGER)"))
    with pytest.raises(upgrade.StoreVersionError, match="did not make"):
        upgrade.upgrade(empty, NOW)


def test_a_file_system_without_a_write_ahead_log_is_refused(tmp_path: Path) -> None:
    """Readers would shut out the writer there, an assessment even itself."""
    engine = open_engine(f"sqlite:///file:{tmp_path / 'store.db'}?vfs=unix-none&uri=true")
    with pytest.raises(upgrade.StoreVersionError, match=r"write-ahead log.*local disk.*PostgreSQL"):
        upgrade.upgrade(engine, NOW)
    engine.dispose()


def test_a_backup_is_whole_and_made_in_use(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    upgrade.upgrade(engine, NOW)
    connection_id(engine, "one", "trello")
    saved = upgrade.backup(engine, tmp_path / "copy.db")
    copy = open_engine(f"sqlite:///{saved}")
    assert upgrade.version(copy).current
    assert connection_id(copy, "one", "trello") == 1
    files = [tmp_path / f"store.db{end}" for end in ("", "-wal", "-shm")]
    assert [stat.S_IMODE(each.stat().st_mode) for each in (*files, saved)] == [0o600] * 4
    assert open_to_others(engine) == []
    files[0].chmod(0o640)
    assert open_to_others(engine) == files[:1]
    copy.dispose()
    with pytest.raises(upgrade.StoreVersionError, match="exists"):
        upgrade.backup(engine, saved)


def test_an_upgrade_that_breaks_references_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    run: Callable[..., None] = command.upgrade

    def spoil(config: object, revision: str) -> None:
        run(config, revision)
        held = config.attributes["connection"]  # type: ignore[attr-defined]
        held.exec_driver_sql(
            "INSERT INTO lane_state VALUES (77, 'tasks', '', NULL, 0, '2026-01-01', 1)"
        )

    monkeypatch.setattr(command, "upgrade", spoil)
    with pytest.raises(upgrade.StoreVersionError, match="break references"):
        upgrade.upgrade(engine, NOW)
    assert upgrade.version(engine).store is None
