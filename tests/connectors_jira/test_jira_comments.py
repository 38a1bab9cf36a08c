"""Our comments on Jira's issues: customers of a service project do not see them."""

from __future__ import annotations

import pytest

from connectors.jira.comments import JiraComments
from connectors.sdk.comments import Note, Place, fingerprint_in
from connectors.sdk.records import Comment, Task
from tests.connectors_jira.conftest import Make

NOTE = Note(("It has no owner.",), "0123456789abcdef")


@pytest.mark.parametrize("deployment", ["cloud", "data_center"])
def test_no_customer_sees_what_we_say(make: Make, deployment: str) -> None:
    site = make(deployment=deployment)
    comments = JiraComments(site.config(), site.door)
    place = Place(site.sandbox.ids[Task, "o1"])
    comments.write(place, NOTE)
    seen = comments.look(place, NOTE.fingerprint)
    assert seen.comment_id is not None
    comments.update(place, seen.comment_id, NOTE)
    held = site.sandbox.world.all(Comment)
    assert [each.public for each in held if fingerprint_in(each.text)] == [False]
