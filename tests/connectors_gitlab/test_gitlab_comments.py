"""Our notes on GitLab's issues: Service Desk mails none of them to a customer."""

from __future__ import annotations

import orjson
import pytest

from connectors.gitlab.comments import GitLabComments
from connectors.sdk.comments import Note, Place
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Reply, Request
from tests.connectors_gitlab.conftest import Instance

NOTE = Note(("It has no owner.",), "0123456789abcdef")


@pytest.mark.parametrize(("customer", "internal"), [("cleo@example.com", True), (None, None)])
def test_no_customer_is_mailed_what_we_say(
    tool: Instance, customer: str | None, internal: bool | None
) -> None:
    def from_service_desk(request: Request) -> Reply | None:
        if request.method != "GET":
            return None
        reply = tool.sandbox.handle(request)
        issue = {**orjson.loads(reply.body), "service_desk_reply_to": customer}
        return Reply.of(issue, reply.status)

    tool.sandbox.interfere = from_service_desk
    place = Place(tool.sandbox.ids[Task, "c"])
    GitLabComments(tool.config(), tool.door).write(place, NOTE)
    [written] = [each.json() for each in tool.sandbox.log if each.method == "POST"]
    assert written.get("internal") is internal
