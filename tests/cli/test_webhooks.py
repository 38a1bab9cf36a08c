"""`flagstaff connections webhooks`: the address to give the tool, and hooks made by its API."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.github.sandbox import SANDBOX
from connectors.sdk.records import Project
from connectors.sdk.sandbox import Reply, Sandbox, serve
from sync_engine.hook_address import path_of
from tests.cli.conftest import Flagstaff

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "sixteen characters and more"
ADDRESS = f"https://flagstaff.example.com{path_of(SECRET, 'code')}"


@pytest.fixture
def tool() -> Iterator[tuple[Sandbox, str]]:
    """A GitHub with two repositories."""
    projects = [Project(id=name, name=name, created_at=NOW) for name in ("site", "shop")]
    sandbox = SANDBOX(projects, lambda: NOW)
    with serve(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def config(tool: tuple[Sandbox, str], tmp_path: Path) -> Path:
    """A configuration with a connection that is called, and two that are not."""
    sandbox, url = tool
    entries: list[dict[str, Any]] = [
        {"name": "code", "connector": "github", "options": sandbox.options(url),
         "webhook": {"secret": SECRET}},
        {"name": "quiet", "connector": "github", "options": sandbox.options(url)},
        {"name": "plain", "connector": "redmine",
         "options": {"url": "https://redmine.example.com", "token": "t"}},
        {"name": "site", "connector": "jira", "webhook": {"secret": SECRET},
         "options": {"url": "https://acme.example.com", "email": "a@example.com", "token": "t"}},
    ]  # fmt: skip
    file = tmp_path / "flagstaff.yaml"
    file.write_text(
        json.dumps({"connections": entries, "web": {"url": "https://flagstaff.example.com"}})
    )
    return file


def test_it_shows_the_address_and_how_to_use_it(flagstaff: Flagstaff, config: Path) -> None:
    said = flagstaff("connections", "webhooks", "code")
    assert said.code == 0
    assert ADDRESS in said.out
    assert "Add webhook" in said.out
    assert "Last call: none yet." in said.out
    assert SECRET not in said.out


def test_hooks_are_made_once_for_each_container_and_taken_back(
    flagstaff: Flagstaff, config: Path, tool: tuple[Any, str]
) -> None:
    sandbox, _ = tool
    said = flagstaff("--json", "connections", "webhooks", "code", "--register").json
    assert (said["done"], len(said["hooks"])) == (["2 hooks were made."], 2)
    made = [row for _, row in sandbox.hooks.held.values()]
    assert {row["config"]["url"] for row in made} == {ADDRESS}
    assert all(row["config"]["content_type"] == "json" for row in made)
    again = flagstaff("--json", "connections", "webhooks", "code", "--register").json
    assert again["done"] == ["0 hooks were made."]
    removed = flagstaff("--json", "connections", "webhooks", "code", "--remove").json
    assert (removed["done"], removed["hooks"]) == (["2 hooks were taken back."], [])
    assert sandbox.hooks.held == {}


def test_a_hook_that_the_tool_switched_off_is_told_and_woken_up_with_the_census(
    flagstaff: Flagstaff, config: Path, tool: tuple[Any, str]
) -> None:
    sandbox, _ = tool
    flagstaff("connections", "webhooks", "code", "--register")
    sandbox.hooks.held[1][1]["active"] = False
    assert "It is switched off." in flagstaff("connections", "webhooks", "code").out
    assert flagstaff("sync", "code", "--quiet").code == 0
    assert flagstaff("census", "code", "--quiet").code == 0
    assert sandbox.hooks.held[1][1]["active"] is True


def test_what_is_known_of_hooks_stays_while_the_tool_does_not_tell(
    flagstaff: Flagstaff, config: Path, tool: tuple[Any, str], tmp_path: Path
) -> None:
    sandbox, _ = tool
    flagstaff("connections", "webhooks", "code", "--register")
    sandbox.hooks.held[1][1]["active"] = False
    assert flagstaff("sync", "code", "--quiet").code == 0
    assert flagstaff("census", "code", "--quiet").code == 0
    sandbox.interfere = lambda request: (
        Reply.of({"message": "Not Found"}, 404) if "/hooks" in request.path else None
    )
    assert flagstaff("census", "code", "--quiet").code == 0
    store = sqlite3.connect(tmp_path / "flagstaff.db")
    told = store.execute("SELECT hook_trouble FROM connection").fetchone()
    store.close()
    assert told == ("It is switched off.",)


def test_a_missing_secret_of_the_webhook_is_told_and_stops_no_census(
    flagstaff: Flagstaff, config: Path, tmp_path: Path
) -> None:
    held = json.loads(config.read_text())
    held["connections"][0]["webhook"] = {"secret": "env:NOT_SET_ANYWHERE"}
    config.write_text(json.dumps(held))
    assert flagstaff("sync", "code", "--quiet").code == 0
    assert flagstaff("census", "code", "--quiet").code == 0
    store = sqlite3.connect(tmp_path / "flagstaff.db")
    [(told,)] = store.execute("SELECT hook_trouble FROM connection").fetchall()
    store.close()
    assert "NOT_SET_ANYWHERE" in told


def test_a_credential_that_may_not_see_hooks_is_said(
    flagstaff: Flagstaff, config: Path, tool: tuple[Any, str]
) -> None:
    sandbox, _ = tool
    sandbox.interfere = lambda request: (
        Reply.of({"message": "Not Found"}, 404) if "/hooks" in request.path else None
    )
    said = flagstaff("connections", "webhooks", "code", "--register")
    assert said.code == 2
    assert ADDRESS in said.out
    assert "→" in said.out


@pytest.mark.parametrize(
    ("name", "flags", "told"),
    [
        ("quiet", (), "has no webhook. Give it"),
        ("plain", (), "Redmine does not call Flagstaff"),
        ("site", ("--register",), "Jira's hooks are made by hand"),
        ("code", ("--register", "--remove"), "Either --register or --remove"),
        ("nobody", (), "nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    flagstaff: Flagstaff, config: Path, name: str, flags: tuple[str, ...], told: str
) -> None:
    said = flagstaff("connections", "webhooks", name, *flags)
    assert said.code == 1
    assert told in said.err


def test_a_hook_made_by_hand_needs_no_right_to_list(flagstaff: Flagstaff, config: Path) -> None:
    said = flagstaff("--json", "connections", "webhooks", "site").json
    assert said["hooks"] is None
    assert said["address"].startswith("https://flagstaff.example.com/hooks/site/")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"web": {}}, "under which address"),
        ({"webhook": {"secret": "short"}}, "16 characters"),
        ({"webhook": {}}, "secret"),
    ],
)
def test_a_webhook_that_cannot_work_is_refused(
    flagstaff: Flagstaff, config: Path, change: dict[str, Any], told: str
) -> None:
    held = json.loads(config.read_text())
    if "webhook" in change:
        held["connections"][0] |= change
    else:
        held |= change
    config.write_text(json.dumps(held))
    said = flagstaff("connections", "webhooks", "code")
    assert said.code == 1
    assert told in said.err


def test_a_webhook_of_a_tool_that_does_not_call_is_a_mistake_with_a_place(
    flagstaff: Flagstaff, config: Path
) -> None:
    held = json.loads(config.read_text())
    held["connections"][2]["webhook"] = {"secret": SECRET}
    config.write_text(json.dumps(held, indent=1))
    said = flagstaff("config", "check")
    assert said.code == 1
    assert "Redmine does not call Flagstaff" in said.err + said.out
