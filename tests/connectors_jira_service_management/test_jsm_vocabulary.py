"""What there is to map in Jira Service Management."""

from __future__ import annotations

from connectors.jira_service_management.catalogue import SERVICE_DESK, catalogue
from connectors.sdk.vocabulary import FieldName


def _field(id: str, name: str, type: str, made_by: str = "x:y") -> dict[str, object]:
    return {"id": id, "name": name, "schema": {"type": type, "custom": made_by}}


def test_clocks_and_request_types_are_no_custom_fields_of_a_request() -> None:
    listed = [
        _field("c1", "Time to resolution", "sd-sla", f"{SERVICE_DESK}:sd-sla-field"),
        _field("c2", "Request Type", "sd-customerrequesttype", f"{SERVICE_DESK}:vp-origin"),
        _field("c3", "Request participants", "array", f"{SERVICE_DESK}:sd-request-participants"),
        _field("c4", "Cost", "number"),
    ]  # fmt: skip
    known = catalogue(listed, [], [{"id": "1", "name": "Waiting for support"}], None).words()
    assert known.status == ("Waiting for support",)
    assert known.fields == (
        FieldName("c3", "Request participants", "several of a list"),
        FieldName("c4", "Cost", "number"),
    )
