"""Start-up, global options, exit codes and the error boundary."""

from __future__ import annotations

import errno
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import typer

from connectors.sdk.errors import Refused, Throttled, Unexpected
from sync_engine.cli import boundary
from sync_engine.cli.boundary import explain
from sync_engine.cli.frame import ExitCode, Frame, command
from sync_engine.cli.reference import main as reference

Flagstaff = Callable[..., Any]
HEAVY = (
    "sqlalchemy", "sqlmodel", "alembic", "pydantic", "requests", "rich", "ruamel", "structlog",
    "holidays", "lark", "orjson", "msgspec", "connectors",
)  # fmt: skip


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["sync", "--help"], ["flags", "-h"]]
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from sync_engine.cli.boundary import run; "
        f"code = run({arguments!r}); "
        f"print(sorted(set(n.split('.')[0] for n in sys.modules) & set({HEAVY!r})), code)"
    )
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    sys.stdout.write(f"{arguments}: {time.perf_counter() - begun:.3f} s\n")  # told, not asserted
    # For a command's own options typer itself imports pydantic.
    allowed = ("[] 0",) if arguments[0].startswith("--") else ("[] 0", "['pydantic'] 0")
    assert done.stdout.splitlines()[-1] in allowed
    assert done.stderr == ""


def test_every_command_has_help_and_its_options_are_described() -> None:
    def each(held: Any, path: str) -> Any:
        yield path, held
        for name, child in getattr(held, "commands", {}).items():
            yield from each(child, f"{path} {name}")

    from sync_engine.cli.app import build

    found = dict(each(build(), "flagstaff"))
    for path, held in found.items():
        assert held.help, path
        assert held.help.strip().rstrip(".") != held.name
        for parameter in held.params:
            assert parameter.help, f"{path} {parameter.name}"
    wanted = (
        "demo", "init", "config check", "config schema", "connections list", "connections check",
        "connections map", "sync", "census", "replay", "tasks", "standards list",
        "standards check", "standards preview", "standards explain", "flags",
        "flags explain", "flags waive",
        "flags ack", "digest preview", "digest send", "digest readers",
        "db upgrade", "db check", "db backup", "doctor",
    )  # fmt: skip
    assert {f"flagstaff {name}" for name in wanted} <= set(found)


def test_the_reference_page_is_up_to_date(root: Path) -> None:
    assert reference([str(root / "docs" / "reference" / "cli.md"), "--check"]) == 0


@pytest.mark.parametrize("arguments", [
    ["nonsense"], ["sync", "--nonsense"], ["flags", "waive"], ["flags", "--format", "xml"],
    ["config", "chek"], ["sync", "--fail-on", "awful"],
])  # fmt: skip
def test_wrong_usage_is_one_sentence_and_exit_1(flagstaff: Flagstaff, arguments: list[str]) -> None:
    said = flagstaff(*arguments)
    assert said.code == ExitCode.COULD_NOT_RUN
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "--help" in said.err


def test_an_unknown_choice_is_told_in_plain_words(flagstaff: Flagstaff) -> None:
    assert (
        "--fail-on': 'awful' is not one of 'info'" in flagstaff("flags", "--fail-on", "awful").err
    )


@pytest.mark.parametrize("format", ["table", "csv"])
def test_a_reader_that_has_seen_enough_is_no_failure(
    flagstaff: Flagstaff, tmp_path: Path, format: str
) -> None:
    (tmp_path / "flagstaff.yaml").write_text("store: sqlite:///store.db\n")
    assert flagstaff("db", "upgrade").code == 0
    code = (
        "import os, sys; from sync_engine.cli import main; "
        "read, write = os.pipe(); os.close(read); os.dup2(write, 1); "
        f"sys.argv[1:] = ['tasks', '--format', '{format}']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_global_options_may_stand_before_and_after(flagstaff: Flagstaff, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("connections: []\n")
    for arguments in (
        ["--json", "-c", "mine.yaml", "config", "check"],
        ["config", "check", "--json", "--config", "mine.yaml"],
        ["-c", "mine.yaml", "config", "check", "--json"],
    ):
        said = flagstaff(*arguments)
        assert said.json["file"] == "mine.yaml"
        assert said.json["ok"] is True


def test_the_environment_names_the_configuration(
    flagstaff: Flagstaff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs.yaml").write_text("connections: []\n")
    monkeypatch.setenv("FLAGSTAFF_CONFIG", "theirs.yaml")
    assert flagstaff("config", "check", "--json").json["file"] == "theirs.yaml"


@pytest.mark.parametrize("arguments", [
    ["sync"], ["census"], ["replay"], ["tasks"], ["flags"], ["standards", "list"],
    ["connections", "check"], ["digest", "preview"], ["db", "check"],
])  # fmt: skip
def test_a_missing_configuration_is_told_with_its_remedy(
    flagstaff: Flagstaff, arguments: list[str]
) -> None:
    said = flagstaff(*arguments)
    assert said.code == ExitCode.COULD_NOT_RUN
    assert said.err == (
        "flagstaff.yaml: there is no such file; write one with `flagstaff init`, or name yours "
        "with --config\n"
    )
    as_json = flagstaff(*arguments, "--json")
    assert as_json.json["error"]["exit_code"] == 1
    assert "flagstaff init" in as_json.json["error"]["message"]


def test_a_broken_configuration_tells_every_place(flagstaff: Flagstaff, tmp_path: Path) -> None:
    (tmp_path / "flagstaff.yaml").write_text("storr: x\nlog: {level: loud}\n")
    said = flagstaff("sync")
    assert said.code == ExitCode.COULD_NOT_RUN
    assert [line.split(": ")[0] for line in said.err.splitlines()] == [
        "flagstaff.yaml:1:1", "flagstaff.yaml:2:7",
    ]  # fmt: skip


def sqlite_error(message: str) -> sa.exc.OperationalError:
    return sa.exc.OperationalError("SELECT 1", {}, sqlite3.OperationalError(message))


@pytest.mark.parametrize(("error", "words", "code"), [
    (sqlite_error("database or disk is full"), "make room on the disk", 1),
    (sqlite_error("database is locked"), "another process", 1),
    (sqlite_error("unable to open database file"), "option `store`", 1),
    (sqlite_error("no such table: task"), "flagstaff db upgrade", 1),
    (sa.exc.ArgumentError("Could not parse URL"), "not the URL of a store", 1),
    (OSError(errno.ENOSPC, "No space left on device", "/srv/x"), "The disk is full at /srv/x", 1),
    (PermissionError(errno.EACCES, "Permission denied", "/srv/x"), "/srv/x cannot be used", 1),
    (Refused("The tool refuses the token.", remedy="Make a new one."), "Make a new one.", 2),
    (Throttled("Too many requests.", until=datetime.now(UTC)), "Too many requests.", 2),
    (Unexpected("The answer is no JSON."), "flagstaff doctor", 2),
])  # fmt: skip
def test_known_errors_are_told_with_their_remedy(error: Exception, words: str, code: int) -> None:
    sentence, found = explain(error)
    assert sentence is not None
    assert words in sentence
    assert found == code


def failing(error: BaseException) -> Callable[[], Any]:
    """A program whose one command fails."""

    def build() -> Any:
        app = typer.Typer(rich_markup_mode=None)
        app.callback()(lambda: None)

        @command(app, "fail")
        def fail(frame: Frame) -> None:
            """Fail."""
            raise error

        return typer.main.get_command(app)

    return build


def test_an_unknown_error_leaves_a_report_and_no_traceback(
    flagstaff: Flagstaff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync_engine import secrets

    secrets.fetch("env:T", "it", tmp_path, {"T": "canary-77-very-secret"})
    error = RuntimeError("odd \x1b[31m\nthing: canary-77-very-secret")
    monkeypatch.setattr("sync_engine.cli.app.build", failing(error))
    said = flagstaff("fail")
    assert said.code == 1
    assert len(said.err.splitlines()) == 1
    assert "\x1b" not in said.err
    [report] = (tmp_path / "state").glob("error-*.txt")
    assert str(report) in said.err
    text = report.read_text()
    assert "Traceback" in text
    assert "canary-77" not in text + said.err
    assert report.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_ctrl_c_says_stopped(
    flagstaff: Flagstaff, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr("sync_engine.cli.app.build", failing(error))
    said = flagstaff("fail")
    assert (said.code, said.err) == (boundary.INTERRUPTED, "Stopped.\n")


def test_errors_are_json_when_json_is_asked_for(
    flagstaff: Flagstaff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync_engine.cli.app.build", failing(sqlite_error("disk is full")))
    said = flagstaff("fail", "--json")
    assert said.json["error"]["exit_code"] == 1
    assert "disk is full" in json.dumps(said.json)
