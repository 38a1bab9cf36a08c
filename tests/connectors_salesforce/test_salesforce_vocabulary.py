"""What there is to map in Salesforce."""

from __future__ import annotations

from tests.connectors_salesforce.conftest import Organization


def test_only_the_objects_that_are_read_are_asked_for(organization: Organization) -> None:
    known = organization.vocabulary(objects=["Case"], project_object=None)
    described = [each.path for each in organization.sandbox.log if "describe" in each.path]
    assert [path.split("/")[-2] for path in described] == ["Case"]
    assert "New" in (known.status or ())
    assert "Not Started" not in (known.status or ())


def test_a_case_has_two_fields_of_salesforce_own(organization: Organization) -> None:
    both = organization.vocabulary()
    tasks = organization.vocabulary(objects=["Task"])
    own = {"IsEscalated", "RecordTypeId"}
    assert own <= {each.id for each in both.fields or ()}
    assert not own & {each.id for each in tasks.fields or ()}
