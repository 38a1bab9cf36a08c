"""Against answers that Salesforce really gave: read without loss, refused for the right reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.salesforce.api import Api
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.kinds import project_kind
from connectors.salesforce.options import SalesforceOptions
from connectors.salesforce.reading import selection
from connectors.salesforce.values import custom_value
from connectors.sdk.contract import Answer, Budget, Xml
from connectors.sdk.errors import NotVisible, Refused, Unavailable, Unexpected

pytestmark = pytest.mark.contract

DATE = "Wed, 06 May 2026 11:29:08 GMT"


class Recorded:
    """The recorded answers by name."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            path.stem: json.loads(path.read_text())
            for path in sorted((folder / "salesforce" / "recorded").glob("*.json"))
        }

    def body(self, name: str) -> Any:
        return self.files[name]["response"]["body"]

    def answer(self, name: str, status: int = 200) -> Answer:
        response = self.files[name]["response"]
        headers = {"date": DATE, **(response.get("headers") or {})}
        return Answer(response.get("status") or status, headers, response["body"], "https://x")


class Replay:
    """The contract's `Http`, giving answers in their order."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self.request("GET", path, params=params).data

    def post(self, path: str, json: Any = None, params: Mapping[str, Any] | None = None) -> Any:
        raise AssertionError("this connector only reads")

    def send(
        self, method: str, path: str, json: Any = None, *, params: Mapping[str, Any] | None = None
    ) -> Answer:
        raise AssertionError("this connector only reads")

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        xml: Xml | None = None,
        accept: Container[int] = (),
        etag: str | None = None,
        scope: str | None = None,
    ) -> Answer:
        self.asked.append(path)
        return self.answers.pop(0)


@pytest.fixture(scope="module")
def recorded(contracts: Path) -> Recorded:
    return Recorded(contracts)


def test_a_query_over_two_batches_is_followed(recorded: Recorded) -> None:
    names = ("restforce_sobject__query_paginated_first_page_response",
             "restforce_sobject__query_paginated_last_page_response")  # fmt: skip
    http = Replay(*(recorded.answer(name) for name in names))
    batches = [batch for batch, _ in Api(http).batches("Whizbang", "SELECT Text_Label …")]
    assert [[row["Text_Label"] for row in rows] for rows in batches] == [
        ["First Page"], ["Last Page"],
    ]  # fmt: skip
    assert http.asked[1] == "/services/data/v26.0/query/01gD"
    assert not http.answers


def test_a_query_with_parents_and_children_is_read(recorded: Recorded) -> None:
    http = Replay(recorded.answer("restforce_sobject__query_success_response"))
    [row] = Api(http).rows("Whizbang", "SELECT …")
    assert row["ParentWhizbang__r"]["Name"] == "Parent Whizbang"
    assert custom_value(row["Picklist_Multiselect_Label"], "multipicklist", {}) == ("four", "six")
    assert str(custom_value(row["DateTime_Label"], "datetime", {})) == "2011-07-07 00:37:00+00:00"
    assert str(custom_value(row["Date_Label"], "date", {})) == "2010-01-01"


def test_nothing_found_is_nothing(recorded: Recorded) -> None:
    http = Replay(recorded.answer("restforce_sobject__query_empty_response"))
    assert Api(http).rows("Whizbang", "SELECT …") == []


def test_sums_are_no_rows_of_an_object(recorded: Recorded) -> None:
    http = Replay(recorded.answer("restforce_sobject__query_aggregate_success_response"))
    with pytest.raises(Unexpected, match="another object"):
        Api(http).rows("Opportunity", "SELECT …")


def test_a_live_query_and_its_quota(recorded: Recorded) -> None:
    answer = recorded.answer("nango_query-records_get_00")
    rows = Api(Replay(answer)).rows("Account", "SELECT Id, Name FROM Account LIMIT 5")
    assert len(rows) == 5
    assert Salesforce.budget(answer) == [
        Budget(remaining=14_983, resets_in=timedelta(hours=1), limit=15_000, name="daily")
    ]


def test_every_live_answer_tells_the_quota(recorded: Recorded) -> None:
    live = [name for name, each in recorded.files.items() if each["source"]["kind"] == "recorded"]
    assert len(live) == 5
    for name in live:
        [budget] = Salesforce.budget(recorded.answer(name))
        assert budget.limit == 15_000
        assert 14_000 < budget.remaining < 15_000


def test_the_quota_is_the_one_of_the_limits_page(recorded: Recorded) -> None:
    answer = recorded.answer("nango_get-limits_get_00")
    [budget] = Salesforce.budget(answer)
    assert answer.data["DailyApiRequests"]["Max"] == budget.limit


def test_a_description_is_read(recorded: Recorded) -> None:
    answer = recorded.answer("restforce_sobject__sobject_describe_success_response")
    described = Api(Replay(answer)).describe("Whizbang")
    names = {field["name"] for field in answer.data["fields"]}
    assert described.fields.keys() == names
    assert {"Id", "OwnerId"} <= names
    assert described.hidden(["Id", "OwnerId", "Owner.Name", "Nothing__c"]) == ["Nothing__c"]


def test_a_described_object_can_be_asked_for(recorded: Recorded) -> None:
    answer = recorded.answer("restforce_sobject__sobject_describe_success_response")
    described = Api(Replay(answer)).describe("Whizbang")
    config = SalesforceOptions(url="https://x", client_id="c", client_secret=SecretStr("s"))
    chosen = selection(project_kind("Whizbang"), described, config)
    assert {"Id", "Name", "SystemModstamp"} <= set(chosen.paths)


def test_the_list_of_objects_is_read(recorded: Recorded) -> None:
    http = Replay(recorded.answer("restforce_sobject__list_sobjects_success_response"))
    assert Api(http).visible() == {"Account": "Accounts"}


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("restforce_expired_session_response", 401, Refused),
        ("restforce_sobject__query_error_response", 400, NotVisible),
        ("restforce_sobject__write_error_response", 400, NotVisible),
        ("restforce_sobject__sobject_describe_error_response", 404, None),
        ("restforce_sobject__search_error_response", 400, None),
        ("restforce_sobject__delete_error_response", 404, None),
    ],
)
def test_refusals(recorded: Recorded, name: str, status: int, kind: type | None) -> None:
    error = Salesforce.classify(recorded.answer(name, status))
    assert error is None if kind is None else isinstance(error, kind)


def _rows(value: Any) -> Iterator[Mapping[str, Any]]:
    """Everything with an id, at any depth."""
    if isinstance(value, list):
        for each in value:
            yield from _rows(each)
    elif isinstance(value, dict):
        if isinstance(value.get("Id"), str):
            yield value
        for each in value.values():
            yield from _rows(each)


def test_every_recorded_row_goes_through_the_mapping(recorded: Recorded) -> None:
    rows = [row for name in recorded.files for row in _rows(recorded.body(name))]
    assert len(rows) > 10
    for row in rows:
        for stream in ("projects", "people", "tasks", "cases"):
            [record] = Salesforce.to_records(stream, {"row": row})
            assert record.id == row["Id"]
        [project] = Salesforce.to_records("projects", {"row": row})
        assert project.name == (row.get("Name") or row["Id"])  # type: ignore[attr-defined]


def test_a_live_row_as_a_project(recorded: Recorded) -> None:
    row = recorded.body("nango_get-record_get_00")
    [project] = Salesforce.to_records("projects", {"row": row, "web": "https://acme.example.com"})
    assert project.name == "Edge Communications"  # type: ignore[attr-defined]
    assert project.owner_id == row["OwnerId"]  # type: ignore[attr-defined]
    assert project.created_at.isoformat() == row["CreatedDate"].replace(  # type: ignore[attr-defined]
        ".000+0000", "+00:00"
    )


@pytest.mark.parametrize(
    "damage",
    [lambda data: {**data, "totalSize": 3}, lambda data: {**data, "totalSize": None}],
)
def test_a_recorded_query_cut_short_is_noticed(
    recorded: Recorded, damage: Callable[[Any], Any]
) -> None:
    answer = recorded.answer("restforce_sobject__query_success_response")
    cut = Answer(200, answer.headers, damage(answer.data), "https://x")
    with pytest.raises(Unavailable, match="announced"):
        Api(Replay(cut)).rows("Whizbang", "SELECT …")
