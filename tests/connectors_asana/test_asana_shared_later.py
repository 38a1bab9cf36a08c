"""What lies in a project that the account is let into later, and changes no more."""

from __future__ import annotations

from typing import Any

from connectors.sdk.records import Project


def test_time_booked_in_a_project_that_is_shared_later_is_read(account: Any, clock: Any) -> None:
    account.sandbox.hidden.add(account.native(Project, "site"))
    first = account.turn("worklogs")
    assert first.items["worklogs"] == {}
    account.sandbox.hidden.clear()
    clock.pass_by(days=60)
    second = account.turn("worklogs", first.cursors)
    third = account.turn("worklogs", second.cursors)  # all, since the project has come
    assert len(third.items["worklogs"]) == 1
    fourth = account.turn("worklogs", third.cursors)
    assert fourth.items["worklogs"] == {}
    clock.pass_by(hours=1)
    account.asked()
    account.turn("worklogs", fourth.cursors)
    assert len(account.asked()) == 1


def test_the_reports_of_a_project_that_is_shared_later_are_all_read(
    account: Any, clock: Any
) -> None:
    site = account.native(Project, "site")
    account.sandbox.hidden.add(site)
    first = account.turn("status_updates")
    assert first.items["status_updates"] == {}
    account.sandbox.hidden.clear()
    clock.pass_by(days=1)
    second = account.turn("status_updates", first.cursors)
    assert len(second.items["status_updates"]) == 2  # written long before
    clock.pass_by(hours=1)
    third = account.turn("status_updates", second.cursors)
    assert third.items["status_updates"] == {}
