"""The imitation refuses what Airtable refuses."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from connectors.airtable.sandbox import TOKEN
from connectors.sdk.sandbox import Request
from tests.connectors_airtable.conftest import Workspace


def ask(workspace: Workspace, path: str, **how: Any) -> tuple[int, Any]:
    """The status and the body of an answer; `query` by name."""
    query = {name: [value] for name, value in how.get("query", {}).items()}
    headers = {"authorization": how.get("authorization", f"Bearer {TOKEN}")}
    request = Request(how.get("method", "GET"), path, query, headers)
    reply = workspace.sandbox.answer(request)
    return reply.status, orjson.loads(reply.body)


def records(workspace: Workspace) -> str:
    """The path of a table."""
    return f"/v0/{workspace.table().replace(':', '/')}"


@pytest.mark.parametrize(
    ("query", "type"),
    [
        ({"pageSize": "101"}, "INVALID_REQUEST_UNKNOWN"),
        ({"pageSize": "0"}, "INVALID_REQUEST_UNKNOWN"),
        ({"pageSize": "many"}, "INVALID_REQUEST_UNKNOWN"),
        ({"limit": "5"}, "INVALID_REQUEST_UNKNOWN"),
        ({"fields[]": "fldNobodyKnowsIt"}, "UNKNOWN_FIELD_NAME"),
        ({"filterByFormula": "IS_AFTER("}, "INVALID_FILTER_BY_FORMULA"),
        ({"offset": "itrUnknown/recUnknown"}, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"),
    ],
)
def test_a_wrong_list_is_refused(workspace: Workspace, query: dict[str, str], type: str) -> None:
    asked = {"returnFieldsByFieldId": "true", **query}
    status, body = ask(workspace, records(workspace), query=asked)
    assert (status, body["error"]["type"]) == (422, type)


def test_a_list_that_is_not_continued_is_forgotten(workspace: Workspace) -> None:
    query = {"returnFieldsByFieldId": "true"}
    _, first = ask(workspace, records(workspace), query=query)
    assert "/" in first["offset"]
    workspace.clock.sleep(301)
    status, _ = ask(workspace, records(workspace), query={**query, "offset": first["offset"]})
    assert status == 422


def test_pages_keep_the_order_of_the_first_one_while_values_move(workspace: Workspace) -> None:
    query = {"returnFieldsByFieldId": "true", "pageSize": "3"}
    _, page = ask(workspace, records(workspace), query=query)
    before = page["offset"].partition("/")[2]
    workspace.sandbox.world.edit(f"{workspace.table()}:{before}", title="Moved on")
    _, page = ask(workspace, records(workspace), query={**query, "offset": page["offset"]})
    first = page["records"][0]
    assert first["id"] == before
    assert first["fields"][workspace.column("Name").id] == "Moved on"


def test_what_is_hidden_and_what_is_not_there_are_answered_alike(workspace: Workspace) -> None:
    base = workspace.table().partition(":")[0]
    paths = [f"/v0/{base}/tblNobodyKnowsIt", f"{records(workspace)}/recNobodyKnowsIt"]
    answers = [ask(workspace, path) for path in paths]
    workspace.sandbox.hidden.add(base)
    answers += [ask(workspace, records(workspace)), ask(workspace, f"/v0/meta/bases/{base}/tables")]
    assert [status for status, _ in answers] == [403] * 4
    assert {body["error"]["type"] for _, body in answers} == {
        "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"
    }


@pytest.mark.parametrize(
    ("path", "how", "status"),
    [
        ("/v0/meta/whoami", {"authorization": "Bearer pat"}, 401),
        ("/v0/meta/whoami", {"authorization": ""}, 401),
        ("/v0/meta/whoami", {"method": "POST"}, 404),
        ("/v0/meta/nothing", {}, 404),
        ("/v1/meta/whoami", {}, 404),
        ("/v0/favicon.ico", {}, 404),
        ("/v0/meta/bases", {"query": {"pageSize": "5"}}, 422),
    ],
)
def test_other_wrong_requests(
    workspace: Workspace, path: str, how: dict[str, Any], status: int
) -> None:
    assert ask(workspace, path, **how)[0] == status


def test_empty_cells_and_boxes_without_a_tick_are_left_out(workspace: Workspace) -> None:
    _, page = ask(workspace, records(workspace), query={"returnFieldsByFieldId": "true"})
    for record in page["records"]:
        assert not {None, "", False} & {
            value for value in record["fields"].values() if not isinstance(value, (list, dict))
        }
        assert [] not in record["fields"].values()
