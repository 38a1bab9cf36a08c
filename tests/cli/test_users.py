"""`flagstaff users`: accounts made at the command line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from sync_engine import accounts
from tests.cli.conftest import Flagstaff, Said
from tests.console.site import CHEAP

PASSWORD = "correct horse battery"


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flagstaff: Flagstaff) -> Flagstaff:
    """Runs the command in a folder of its own; what comes on standard input is the password."""
    (tmp_path / "flagstaff.yaml").write_text('{"connections": []}')
    monkeypatch.setattr(accounts, "Passwords", lambda: CHEAP)

    def run(*arguments: str, password: str = PASSWORD) -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        return flagstaff("users", *arguments)

    return run


def test_from_the_first_to_the_last(users: Flagstaff) -> None:
    """Added, listed, changed, removed."""
    assert "Nobody may sign in yet" in users("list").out
    assert users("add", "ada@acme.example", "--name", "Ada", "--role", "admin").code == 0
    scope = 'portfolio = "Core"'
    assert users("add", "eve@acme.example", "--role", "manager", "--scope", scope).code == 0
    rows = users("list", "--json").json
    assert [(row["address"], row["role"], row["scope"]) for row in rows] == [
        ("ada@acme.example", "admin", None), ("eve@acme.example", "manager", 'portfolio = "Core"'),
    ]  # fmt: skip
    assert "is viewer now" in users("role", "eve@acme.example", "viewer").out
    assert "must sign in again" in users("password", "eve@acme.example", password="x" * 20).out
    assert "may not sign in any more" in users("disable", "eve@acme.example").out
    assert "may sign in" in users("enable", "eve@acme.example").out
    assert users("remove", "eve@acme.example").code == 0
    assert len(users("list", "--json").json) == 1


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (("add", "b@acme.example"), "short", "12 to 1024 characters"),
        (("add", "b"), PASSWORD, "no e-mail address"),
        (("add", "b@acme.example", "--scope", 'portfolio = "X"'), PASSWORD, "Only a manager"),
        (("add", "b@acme.example", "--role", "manager", "--scope", "colour = red"), PASSWORD,
         "colour"),
        (("remove", "nobody@acme.example"), PASSWORD, "nobody has the address"),
        (("remove", "ada@acme.example"), PASSWORD, "no admin would be left"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(
    users: Flagstaff, arguments: tuple[str, ...], password: str, said: str
) -> None:
    """In one sentence, with the code of what could not run."""
    users("add", "ada@acme.example", "--role", "admin")
    answer = users(*arguments, password=password)
    assert answer.code == 1
    assert said.casefold() in answer.err.casefold()
    assert PASSWORD not in answer.out + answer.err
