"""What there is to map in Teamwork.com."""

from __future__ import annotations

from connectors.sdk.records import Project
from connectors.sdk.sandbox import Reply, Request
from connectors.teamwork.custom import type_of
from tests.connectors_teamwork.conftest import Site


def test_fields_that_are_switched_off_are_not_asked_for(site: Site) -> None:
    known = site.vocabulary(custom_fields=False)
    assert known.fields == ()
    assert not [each for each in site.sandbox.log if "customfields" in each.path]


def test_fields_of_a_project_that_is_not_read_are_left_out(site: Site) -> None:
    first = next(iter(site.sandbox.world.all(Project))).id
    every = site.vocabulary()
    some = site.vocabulary(projects=[first])
    assert 0 < len(some.fields or ()) < len(every.fields or ())


def test_a_workflow_that_is_hidden_takes_no_other_words_away(site: Site) -> None:
    def hidden(request: Request) -> Reply | None:
        return Reply(403, b"{}") if request.path.endswith("/stages.json") else None

    site.sandbox.interfere = hidden
    known = site.vocabulary()
    assert known.status == ("new", "reopened", "completed")


def test_types_are_told_in_plain_words() -> None:
    told = [type_of(each) for each in ("number-decimal", "dropdown", "multiselect", "url", None)]
    assert told == ["number", "one of a list", "several of a list", "link", "unknown"]
