"""`flagstaff writeback`: what would be written, what was, and writing it now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.redmine.sandbox import SANDBOX
from connectors.sdk.comments import fingerprint_in
from connectors.sdk.records import Comment
from connectors.sdk.sandbox import Sandbox, serve
from tests.cli.conftest import Flagstaff
from tests.writeback.kit import PACK, portfolio

WANTED = {"standards": ["no-owner"], "after": "0 days"}


@pytest.fixture
def tool() -> Iterator[tuple[Sandbox, str]]:
    """A Redmine with two issues that nobody owns."""
    sandbox = SANDBOX(portfolio(2), lambda: datetime.now(UTC))
    with serve(sandbox) as url:
        yield sandbox, url


def configure(tool: tuple[Sandbox, str], folder: Path, writeback: Any, **more: Any) -> Path:
    sandbox, url = tool
    (folder / "small.yaml").write_text(PACK)
    work = {"name": "work", "connector": "redmine", "options": sandbox.options(url)}
    if writeback is not None:
        work["writeback"] = writeback
    file = folder / "flagstaff.yaml"
    file.write_text(
        json.dumps({"connections": [{**work, **more}], "standards": {"packs": ["small.yaml"]}})
    )
    return file


def test_it_shows_what_it_would_write_writes_it_and_lists_it(
    flagstaff: Flagstaff, tool: tuple[Sandbox, str], tmp_path: Path
) -> None:
    configure(tool, tmp_path, WANTED)
    assert flagstaff("sync").code == 0
    would = flagstaff("writeback", "list", "--dry-run", "--json").json
    assert [each["action"] for each in would] == ["write", "write"]
    assert "has no owner" in would[0]["text"][1]
    assert "2 due, 2 in all." in flagstaff("writeback", "list", "--dry-run").out
    assert tool[0].world.all(Comment) == []
    said = flagstaff("writeback", "run")
    assert (said.code, "2 written" in said.out) == (0, True)
    assert len([each for each in tool[0].world.all(Comment) if fingerprint_in(each.text)]) == 2
    assert "nothing is due" in flagstaff("writeback", "run").out
    listed = flagstaff("writeback", "list", "work", "--json").json
    assert {each["state"] for each in listed} == {"written"}
    assert "2 comments." in flagstaff("writeback", "list").out


def test_what_the_account_may_not_do_is_told(
    flagstaff: Flagstaff, tool: tuple[Sandbox, str], tmp_path: Path
) -> None:
    configure(tool, tmp_path, WANTED)
    flagstaff("sync")
    tool[0].may_comment = False
    said = flagstaff("writeback", "run")
    assert said.code == 2
    assert "'Add notes'" in said.out
    assert "'Add notes'" in flagstaff("writeback", "list", "--json").json[0]["trouble"]


def test_without_it_nothing_is_written(
    flagstaff: Flagstaff, tool: tuple[Sandbox, str], tmp_path: Path
) -> None:
    configure(tool, tmp_path, None)
    flagstaff("sync")
    for arguments in (["run"], ["list"], ["run", "work"]):
        said = flagstaff("writeback", *arguments)
        assert said.code == 1
        assert "say which under its `writeback`" in said.err
    assert all(each.method == "GET" for each in tool[0].log)


@pytest.mark.parametrize(
    ("writeback", "told"),
    [
        ({}, "say which flags are written back"),
        ({"severities": ["high"], "after": "soon"}, "after"),
        ({"standards": ["no-ownr"]}, 'no standard in force has the id "no-ownr"'),
    ],
)
def test_config_check_tells_what_is_wrong(
    flagstaff: Flagstaff, tool: tuple[Sandbox, str], tmp_path: Path, writeback: Any, told: str
) -> None:
    configure(tool, tmp_path, writeback)
    said = flagstaff("config", "check")
    assert said.code == 1
    assert told in said.out + said.err


def test_config_check_says_which_tool_cannot(flagstaff: Flagstaff, tmp_path: Path) -> None:
    options = {"url": "https://api.clickup.com/api/v2", "token": "env:X", "workspace": "1"}
    clickup = {"name": "agency", "connector": "clickup", "options": options}
    (tmp_path / "flagstaff.yaml").write_text(
        json.dumps({"connections": [{**clickup, "writeback": {"severities": ["high"]}}]})
    )
    said = flagstaff("config", "check")
    assert said.code == 1
    assert "flags cannot be written back to ClickUp" in said.out + said.err
