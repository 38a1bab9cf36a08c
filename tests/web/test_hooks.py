"""Calls of tools: who is believed, what follows, and what a hostile caller can not do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.store import hints
from sync_engine.web.inbox import Inbox
from tests.web.conftest import BEFORE, PUBLIC, SECRET, Site

DELETED = json.dumps(
    {"action": "deleted", "repository": {"id": 7}, "issue": {"number": 12}}
).encode()


def github(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The headers of a call as GitHub signs it."""
    made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X_GitHub_Event": "issues", "X_Hub_Signature_256": f"sha256={made}"}


def test_a_signed_call_is_taken_and_its_item_waits_to_be_looked_at(site: Site) -> None:
    answer = site.call(site.path("code"), DELETED, **github(DELETED))
    assert answer.status_code == 200
    assert site.rows("SELECT stream, item_id FROM hint") == [("tasks", "7#12")]
    assert site.rows("SELECT name FROM connection WHERE hooked_at IS NOT NULL") == [("code",)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_Hub_Signature_256": "sha256="},
        {"X_Hub_Signature_256": github(DELETED)["X_Hub_Signature_256"][7:]},
        github(DELETED, "another secret of that length"),
        github(DELETED + b" "),
        {"X_Hub_Signature": github(DELETED)["X_Hub_Signature_256"]},
        {"X_Hub_Signature_256": "sha256=\u00e4".encode().decode("latin-1")},
    ],
    ids=["none", "empty", "no prefix", "wrong secret", "other bytes", "wrong header", "no ascii"],
)
def test_a_call_that_nobody_signed_whom_we_know_is_refused(
    site: Site, headers: dict[str, str]
) -> None:
    assert site.call(site.path("code"), DELETED, **headers).status_code == 401
    assert site.rows("SELECT count(*) FROM hint") == [(0,)]
    assert site.rows(
        "SELECT name, hooked_at FROM connection WHERE hook_refused_at IS NOT NULL"
    ) == [("code", None)]


def test_the_secret_before_is_believed_while_it_is_changed(site: Site) -> None:
    for address in (SECRET, BEFORE):
        for secret in (SECRET, BEFORE):
            path = site.path("code", address)
            assert site.call(path, DELETED, **github(DELETED, secret)).status_code == 200


@pytest.mark.parametrize("name", ["code", "deaf", "nobody"])
def test_a_wrong_address_is_no_address(site: Site, name: str) -> None:
    path = site.path(name, "a secret that somebody has guessed")
    answer = site.call(path, DELETED, **github(DELETED))
    assert (answer.status_code, answer.content) == (404, b"")
    assert site.rows("SELECT count(*) FROM connection WHERE hook_refused_at IS NOT NULL") == [(0,)]


def test_a_connection_without_a_webhook_takes_no_calls(site: Site) -> None:
    assert site.call(site.path("deaf"), DELETED, **github(DELETED)).status_code == 404


def test_a_huge_body_is_not_even_checked(site: Site) -> None:
    body = b"x" * 10_000_000
    assert site.call(site.path("code"), body, **github(body)).status_code == 413
    assert site.rows("SELECT count(*) FROM connection WHERE hook_refused_at IS NOT NULL") == [(0,)]


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[1]", b'"text"', b"[" * 5000, b"\xff\xfe", b'{"issue": 5, "action": []}',
     b'{"repository": {"id": "7"}, "issue": {"number": -1}}'],
)  # fmt: skip
def test_a_believed_call_that_cannot_be_read_still_says_that_something_happened(
    site: Site, body: bytes
) -> None:
    assert site.call(site.path("code"), body, **github(body)).status_code == 200
    assert site.rows("SELECT count(*) FROM hint") == [(0,)]
    assert site.rows("SELECT name FROM connection WHERE hooked_at IS NOT NULL") == [("code",)]


def test_a_call_that_is_repeated_a_hundred_times_is_one_item_to_look_at(site: Site) -> None:
    with ThreadPoolExecutor(16) as pool:
        calls = [
            pool.submit(site.call, site.path("code"), DELETED, **github(DELETED))
            for _ in range(100)
        ]
        assert {each.result().status_code for each in calls} == {200}
    assert site.rows("SELECT count(*) FROM hint") == [(1,)]


class Full(Inbox):
    """An inbox whose store takes for ever: nothing that is put in gets out."""

    def __init__(self) -> None:
        self.room = 2

    def put(self, taken: Any) -> bool:
        self.room -= 1
        return self.room >= 0


def test_a_caller_is_told_to_come_again_when_there_is_no_room(
    site_with: Callable[..., Site],
) -> None:
    site = site_with(Full())
    answers = [site.call(site.path("code"), DELETED, **github(DELETED)) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0


def test_a_tool_that_chooses_the_secret_tells_it_and_is_believed_from_then_on(site: Site) -> None:
    told = "chosen-by-the-tool"
    path = site.path("work")
    body = json.dumps(
        {"events": [{"action": "deleted", "resource": {"gid": "12", "resource_type": "task"}}]}
    ).encode()
    signed = {"X_Hook_Signature": hmac.new(told.encode(), body, hashlib.sha256).hexdigest()}
    assert site.call(path, body, **signed).status_code == 401
    answer = site.call(path, b"", X_Hook_Secret=told)
    assert (answer.status_code, answer.headers["X-Hook-Secret"]) == (200, told)
    assert site.call(path, body, **signed).status_code == 200
    assert site.rows("SELECT item_id FROM hint") == [("12",)]
    [(sealed,)] = site.rows("SELECT sealed FROM credential WHERE key = 'hook:work'")
    assert told not in sealed


def test_nobody_tells_a_secret_to_a_wrong_address(site: Site) -> None:
    path = site.path("work", "a secret that somebody has guessed")
    assert site.call(path, b"", X_Hook_Secret="mine").status_code == 404
    assert site.rows("SELECT count(*) FROM credential") == [(0,)]


def test_a_signature_over_the_address_holds_for_the_public_one(site: Site) -> None:
    path = site.path("cards")
    body = b'{"action": {"type": "deleteCard", "data": {"card": {"id": "c1"}}}}'
    assert site.call(path, method="HEAD").status_code == 200
    for base, status in ((PUBLIC, 200), (site.address, 401)):
        made = hmac.new(SECRET.encode(), body + f"{base}{path}".encode(), hashlib.sha1).digest()
        signature = base64.b64encode(made).decode()
        assert site.call(path, body, X_Trello_Webhook=signature).status_code == status
    assert site.rows("SELECT item_id FROM hint") == [("c1",)]


def test_only_calls_are_taken(site: Site) -> None:
    assert site.call(site.path("code"), method="HEAD").status_code == 405
    assert site.call(site.path("code"), method="GET").status_code == 405
    assert site.call(site.path("code"), method="DELETE").status_code == 405


def test_the_store_that_fails_costs_a_hint_and_no_more(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    note = hints.note
    failed = threading.Event()

    def failing(*arguments: Any) -> None:
        if not failed.is_set():
            failed.set()
            raise sa.exc.OperationalError("INSERT", {}, Exception("disk is full"))
        note(*arguments)

    monkeypatch.setattr(hints, "note", failing)
    assert site.call(site.path("code"), DELETED, **github(DELETED)).status_code == 200
    assert failed.wait(30)
    assert site.call(site.path("code"), DELETED, **github(DELETED)).status_code == 200
    assert site.rows("SELECT count(*) FROM hint") == [(1,)]
    assert "the store did not take calls of tools" in capsys.readouterr().out
