"""The imitation is as strict as Salesforce: what it refuses here, the connector must not ask."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from connectors.salesforce.sandbox_schema import full_id
from connectors.salesforce.sandbox_soql import SoqlError, parse
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Reply, Request


def ask(organization: Any, soql: str, path: str = "queryAll", **headers: str) -> Reply:
    if not organization.sandbox._sessions:
        organization.connect().check()
    [session, *_] = organization.sandbox._sessions
    reply: Reply = organization.sandbox.handle(
        Request("GET", f"/services/data/v62.0/{path}", {"q": [soql]},
                {"authorization": f"Bearer {session}", **headers})
    )  # fmt: skip
    return reply


def refused(reply: Reply) -> str:
    assert reply.status >= 400
    [error] = orjson.loads(reply.body)
    return str(error["errorCode"])


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Nothing FROM Task", "INVALID_FIELD"),
        ("SELECT Id FROM Task WHERE Nothing = 1", "INVALID_FIELD"),
        ("SELECT Id FROM Task ORDER BY Nothing", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM Task WHERE", "MALFORMED_QUERY"),
        ("SELECT Id, FROM Task", "MALFORMED_QUERY"),
        ("SELECT Id FROM Task WHERE IsClosed = true AND Id = null OR Id = null",
         "MALFORMED_QUERY"),
        ("SELECT Id FROM Task WHERE SystemModstamp >= '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Task WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM CaseHistory WHERE OldValue = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Task WHERE Id IN ('Case')", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id, (SELECT Id FROM Nothing) FROM ProcessInstance", "INVALID_FIELD"),
        ("SELECT MilestoneType.Nothing FROM CaseMilestone", "INVALID_FIELD"),
    ],
)  # fmt: skip
def test_what_salesforce_refuses(organization: Any, soql: str, code: str) -> None:
    assert refused(ask(organization, soql)) == code


def test_only_query_all_shows_the_bin_and_the_archive(organization: Any) -> None:
    task = organization.task_of("Task")
    organization.sandbox.world.remove(Task, task.id)
    soql = f"SELECT Id, IsDeleted FROM Task WHERE Id = '{task.id}'"
    assert orjson.loads(ask(organization, soql).body)["totalSize"] == 1
    assert orjson.loads(ask(organization, soql, "query").body)["totalSize"] == 0


def test_batches_are_no_larger_than_asked(organization: Any) -> None:
    soql = "SELECT Id FROM Case"
    header: dict[str, Any] = {"sforce-query-options": "batchSize=3"}
    first = orjson.loads(ask(organization, soql, **header).body)
    assert (len(first["records"]), first["done"]) == (3, False)
    following = first["nextRecordsUrl"].removeprefix("/services/data/v62.0/")
    second = orjson.loads(ask(organization, "", following, **header).body)
    assert not {row["Id"] for row in first["records"]} & {row["Id"] for row in second["records"]}
    organization.sandbox.forget_queries()
    assert refused(ask(organization, "", following)) == "INVALID_QUERY_LOCATOR"


def test_without_a_session_nothing_is_answered(organization: Any) -> None:
    request = Request("GET", "/services/data/v62.0/sobjects", {}, {"authorization": "Bearer x"})
    reply = organization.sandbox.handle(request)
    assert (reply.status, refused(reply)) == (401, "INVALID_SESSION_ID")
    assert "Sforce-Limit-Info" not in reply.headers


@pytest.mark.parametrize("form", [b"", b"grant_type=password", b"grant_type=client_credentials"])
def test_nobody_signs_in_without_credentials(organization: Any, form: bytes) -> None:
    request = Request("POST", "/services/oauth2/token", {}, {}, form)
    assert organization.sandbox.handle(request).status == 400


def test_ids_have_the_suffix_that_salesforce_gives_them() -> None:
    """From an address in Salesforce's documentation: capitals are counted in fives."""
    assert full_id("00D", 1) == "00D000000000001EAA"
    assert full_id("500", 7) == "500000000000007AAA"


def test_parentheses_and_lists() -> None:
    query = parse("SELECT Id FROM Task WHERE (A = null OR A NOT IN ('x', 'y')) AND B = false")
    assert query.where is not None
    pairs = ((None, False), ("z", False), ("x", False), (None, True))
    rows: list[dict[str, Any]] = [{"A": a, "B": b} for a, b in pairs]
    assert [query.where(row) for row in rows] == [True, True, False, False]
    with pytest.raises(SoqlError):
        parse("SELECT Id FROM Task WHERE A ~ 1")
