"""Deliveries over HTTP: who may, what is taken, what is told back, what is concluded."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.store import lease as leases
from sync_engine.store.runs import connection_id
from tests.web.conftest import Site

ONE = {"No": "1", "Task": "Pour the base", "Area": "North", "Who": "Ann <ann@example.com>"}
TWO = {"No": "2", "Task": "Set the frame", "Due": "2026-12-01"}
PRESENT = "SELECT id, title FROM task WHERE gone_at IS NULL ORDER BY id"


def many(count: int) -> list[dict[str, Any]]:
    return [{"No": str(number), "Task": f"Task {number}"} for number in range(count)]


def test_what_is_delivered_is_kept_and_assessed(site: Site) -> None:
    answer = site.deliver(ONE, TWO)
    assert answer.status_code == 200
    assert answer.json() | {"run": 0} == {
        "run": 0, "read": 2, "written": 4, "unchanged": 0, "retired": 0, "refused": [],
        "problems": [],
    }  # fmt: skip
    assert site.taken == [None]
    assert site.rows(PRESENT) == [("1", "Pour the base"), ("2", "Set the frame")]
    assert site.rows("SELECT email FROM identity") == [("ann@example.com",)]
    assert site.rows("SELECT id, name FROM project") == [("North", "North")]


def test_the_same_delivery_again_writes_nothing(site: Site) -> None:
    site.deliver(ONE, TWO)
    again = site.deliver(ONE, TWO).json()
    assert (again["written"], again["retired"]) == (0, 0)


def test_a_row_that_cannot_be_read_is_told_back_and_the_others_are_taken(site: Site) -> None:
    answer = site.deliver(ONE, {**TWO, "Due": "soon"}, {"Task": "No id"}, ONE)
    assert answer.status_code == 200
    refused = answer.json()["refused"]
    assert [(each["line"], each["id"]) for each in refused] == [(2, "2"), (3, None), (4, "1")]
    assert refused[0]["why"].startswith('"Due": a day written as')
    assert refused[2]["why"] == "its id was in row 1 already"
    assert site.rows(PRESENT) == [("1", "Pour the base")]
    assert site.rows("SELECT state, complete_at FROM connection WHERE name = 'plant'") == [
        ("partial", None)
    ]


def test_a_delivery_of_which_nothing_can_be_read_is_no_success(site: Site) -> None:
    assert site.deliver({"Task": "No id"}).status_code == 422


@pytest.mark.parametrize(
    ("name", "token"),
    [("plant", "not the token at all"), ("plant", ""), ("files", ""), ("code", "x"), ("no", "x")],
)
def test_who_has_no_token_delivers_nothing(site: Site, name: str, token: str) -> None:
    answer = site.deliver(ONE, name=name, token=token)
    assert answer.status_code == 401
    assert site.rows(PRESENT) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"tasks": {}}', b"\xff", b"[" * 5000])
def test_a_body_of_another_shape_says_what_is_needed(site: Site, body: bytes) -> None:
    answer = site.deliver(body)
    assert answer.status_code == 400
    assert "body" in answer.json()["error"]


def test_a_body_beyond_all_bounds_is_not_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync_engine.web.inbound.MAX_BYTES", 1000)
    assert site.deliver(*many(100)).status_code == 413
    assert site.rows(PRESENT) == []


def test_secrets_are_not_fetched_for_whoever_calls(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site.deliver(ONE, token="a first guess at it").status_code == 401

    def fetched(*_: Any, **__: Any) -> Any:
        raise AssertionError("a stranger made us fetch a secret")

    monkeypatch.setattr("sync_engine.connect.Workshop.reach", fetched)
    assert site.deliver(ONE, token="another guess at it").status_code == 401


def test_a_store_that_fails_is_one_sentence_and_comes_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise sa.exc.OperationalError("INSERT", {}, Exception("disk is full"))

    monkeypatch.setattr("sync_engine.deliveries.deliver", full)
    answer = site.deliver(ONE)
    assert (answer.status_code, answer.json()) == (
        503,
        {"error": "The store does not take it now."},
    )


def test_a_dry_run_shows_the_records_and_writes_nothing(site: Site) -> None:
    answer = site.deliver(ONE, {"No": 3}, asked="?dry_run=true").json()
    assert [each["record"] for each in answer["records"]] == ["project", "person", "task"]
    assert answer["records"][2]["assignee_ids"] == ["ann@example.com"]
    assert [each["line"] for each in answer["refused"]] == [2]
    assert site.rows("SELECT count(*) FROM run") == [(0,)]


def test_what_two_complete_deliveries_do_not_name_is_gone(site: Site) -> None:
    complete = "?complete=true"
    site.deliver(*many(12), asked=complete)
    for retired in (0, 2):
        said = site.deliver(*many(10), asked=complete).json()
        assert said["retired"] == retired
    assert len(site.rows(PRESENT)) == 10


def test_what_a_delivery_that_is_not_complete_does_not_name_stays(site: Site) -> None:
    site.deliver(*many(12), asked="?complete=true")
    for _ in range(3):
        site.deliver(*many(2))
    assert len(site.rows(PRESENT)) == 12


def test_a_refused_row_makes_a_complete_delivery_say_nothing_of_what_it_lacks(site: Site) -> None:
    site.deliver(*many(12), asked="?complete=true")
    for _ in range(3):
        site.deliver(*many(10), {"No": "11", "Task": ""}, asked="?complete=true")
    assert len(site.rows(PRESENT)) == 12


@pytest.mark.parametrize("left", [0, 20])
def test_a_delivery_that_misses_too_much_retires_nothing(site: Site, left: int) -> None:
    site.deliver(*many(40), asked="?complete=true")
    for _ in range(3):
        said = site.deliver(*many(left), asked="?complete=true").json()
        assert (said["retired"], len(said["problems"])) == (0, 1)
    assert len(site.rows(PRESENT)) == 40


def test_a_row_that_says_so_is_gone_at_once(site: Site) -> None:
    site.deliver(ONE, TWO)
    assert site.deliver({"No": "1", "Gone": "yes"}).json()["retired"] > 0
    assert site.rows(PRESENT) == [("2", "Set the frame")]


def test_one_delivery_at_a_time(site: Site) -> None:
    id = connection_id(site.engine, "plant", "inbound")
    assert leases.claim(site.engine, id, "another delivery") is not None
    answer = site.deliver(ONE)
    assert answer.status_code == 409
    assert int(answer.headers["Retry-After"]) > 0


def test_freshness_begins_with_the_first_complete_delivery(site: Site) -> None:
    when = "SELECT complete_at FROM connection WHERE name = 'plant'"
    site.deliver(ONE)
    assert site.rows(when) == [(None,)]
    site.deliver(ONE, asked="?complete=true")
    [(first,)] = site.rows(when)
    site.deliver(TWO)
    [(second,)] = site.rows(when)
    assert first is not None
    assert second > first


def test_what_no_column_fills_is_unknown(site: Site) -> None:
    import json

    site.deliver(ONE)
    [(provides,)] = site.rows("SELECT provides FROM connection WHERE name = 'plant'")
    provides = json.loads(provides)
    assert "due_on" in provides["task"]
    assert "status" not in provides["task"]
