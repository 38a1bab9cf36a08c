"""What is read of each of HubSpot's objects. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CREATED, MODIFIED, ID = "hs_createdate", "hs_lastmodifieddate", "hs_object_id"
OWNER, CREATOR, MERGED = "hubspot_owner_id", "hs_created_by_user_id", "hs_merged_object_ids"


@dataclass(frozen=True, slots=True)
class Kind:
    """One object as the source of a stream.

    Args:
        object: its name in addresses; also the scope: access is given by object.
        label: as people call it.
        type: HubSpot's number of it, with which the coordinates of its records begin.
        properties: what the mapping needs.
        extras: HubSpot's own properties that are read beside the account's own ones.
        history: properties whose versions are read, and the field that they tell.
        linked: objects with which its records may be associated.
        pipelines: whether its records go through the stages of pipelines.
        custom: whether the account's own properties are read.
    """

    object: str
    label: str
    type: str
    properties: tuple[str, ...]
    extras: tuple[str, ...] = ()
    history: Mapping[str, str] = field(default_factory=dict)
    linked: tuple[str, ...] = ()
    pipelines: bool = False
    custom: bool = True

    def coordinates(self, id: str) -> str:
        """A record's id that no record of another object has: HubSpot's own "coordinates"."""
        return f"{self.type}-{id}"


TASK = Kind(
    "tasks", "Tasks", "0-27",
    ("hs_task_subject", "hs_task_body", "hs_task_status", "hs_task_priority", "hs_task_type",
     "hs_timestamp", "hs_task_completion_date", "hs_task_parent_task_id", OWNER, CREATOR, CREATED,
     MODIFIED, MERGED),
    history={"hs_task_status": "status", "hs_timestamp": "due_on", OWNER: "assignee_ids",
             "hs_task_priority": "priority", "hs_task_subject": "title"},
    linked=("projects", "tickets", "deals"),
)  # fmt: skip
TICKET = Kind(
    "tickets", "Tickets", "0-5",
    ("subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority",
     "hs_ticket_category", "createdate", "closed_date", OWNER, CREATOR, MODIFIED, MERGED),
    extras=("hs_time_to_first_response_sla_at", "hs_time_to_first_response_sla_status",
            "hs_time_to_close_sla_at", "hs_time_to_close_sla_status"),
    history={"hs_pipeline_stage": "status", OWNER: "assignee_ids",
             "hs_ticket_priority": "priority", "subject": "title"},
    linked=("projects",),
    pipelines=True,
)  # fmt: skip
DEAL = Kind(
    "deals", "Deals", "0-3",
    ("dealname", "description", "pipeline", "dealstage", "hs_priority", "closedate", "createdate",
     OWNER, CREATOR, MODIFIED, MERGED),
    extras=("amount",),
    history={"dealstage": "status", "closedate": "due_on", OWNER: "assignee_ids",
             "hs_priority": "priority", "dealname": "title"},
    linked=("projects",),
    pipelines=True,
)  # fmt: skip
PROJECT = Kind(
    "projects", "Projects", "0-970",
    ("hs_name", "hs_description", "hs_pipeline_stage", "hs_status", "hs_start_date",
     "hs_target_due_date", OWNER, CREATED, MODIFIED, MERGED),
    history={"hs_status": "health"},
    pipelines=True,
)  # fmt: skip
NOTE = Kind(
    "notes", "Notes", "0-46",
    ("hs_note_body", "hs_timestamp", OWNER, CREATOR, CREATED, MODIFIED),
    linked=("tickets", "deals"),
    custom=False,
)  # fmt: skip

STREAMS: Mapping[str, Kind] = {
    "projects": PROJECT, "tasks": TASK, "tickets": TICKET, "deals": DEAL, "comments": NOTE,
}  # fmt: skip
KINDS: Mapping[str, Kind] = {kind.object: kind for kind in STREAMS.values()}

BOARDS = (TICKET, DEAL)
"""Objects whose pipelines are projects: what goes through them is work."""

WORK = (TASK, *BOARDS)
"""Objects whose records are tasks."""


def kind_at(coordinates: str) -> tuple[Kind, str] | None:
    """The object and the id of a record's coordinates; None when they are none."""
    type, _, id = coordinates.rpartition("-")
    found = next((kind for kind in KINDS.values() if kind.type == type), None)
    return (found, id) if found is not None and id.isdecimal() else None
