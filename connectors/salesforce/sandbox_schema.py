"""The objects of an imitated organization: fields, types, references. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from connectors.sdk.records import CustomValue


class Field(NamedTuple):
    """A field as the description of its object has it."""

    name: str
    type: str
    label: str
    references: tuple[str, ...] = ()
    custom: bool = False


def _fields(words: str) -> tuple[Field, ...]:
    """Fields written as `Name:type`, a reference as `NameId:Object|Object`."""
    found = []
    for word in words.split():
        name, _, kind = word.partition(":")
        if kind[:1].isupper():
            found.append(Field(name, "reference", name, tuple(kind.split("|"))))
        else:
            found.append(Field(name, kind or "string", name))
    return tuple(found)


SYSTEM = "Id:id IsDeleted:boolean CreatedDate:datetime CreatedById:User SystemModstamp:datetime "
CHANGED = SYSTEM + "LastModifiedDate:datetime LastModifiedById:User "

STANDARD: Mapping[str, tuple[Field, ...]] = {
    "Campaign": _fields(
        CHANGED + "Name Description:textarea ParentId:Campaign OwnerId:User StartDate:date "
        "EndDate:date Status:picklist IsActive:boolean"
    ),
    "Project__c": _fields(CHANGED + "Name OwnerId:Group|User"),
    "User": _fields(
        "Id:id CreatedDate:datetime SystemModstamp:datetime LastModifiedDate:datetime Name "
        "Username Email:email IsActive:boolean TimeZoneSidKey:picklist UserType:picklist"
    ),
    "Group": _fields("Id:id SystemModstamp:datetime CreatedDate:datetime Name Type:picklist"),
    "Task": _fields(
        CHANGED + "Subject:combobox Description:textarea Status:picklist IsClosed:boolean "
        "Priority:picklist IsHighPriority:boolean ActivityDate:date OwnerId:Group|User "
        "WhatId:Account|Campaign|Case|Project__c WhoId:Contact|Lead CompletedDateTime:datetime "
        "TaskSubtype:picklist IsArchived:boolean IsRecurrence:boolean"
    ),
    "Case": _fields(
        CHANGED + "CaseNumber Subject Description:textarea Status:picklist IsClosed:boolean "
        "Priority:picklist Type:picklist IsEscalated:boolean OwnerId:Group|User ParentId:Case "
        "ClosedDate:datetime RecordTypeId:RecordType"
    ),
    "CaseComment": _fields(
        CHANGED + "ParentId:Case CommentBody:textarea IsPublished:boolean"
    ),
    "CaseHistory": _fields(
        "Id:id IsDeleted:boolean CaseId:Case CreatedById:User CreatedDate:datetime Field:picklist "
        "OldValue:anyType NewValue:anyType"
    ),
    "CaseMilestone": _fields(
        CHANGED + "CaseId:Case MilestoneTypeId:MilestoneType StartDate:datetime "
        "TargetDate:datetime CompletionDate:datetime IsCompleted:boolean IsViolated:boolean "
        "TargetResponseInMins:int"
    ),
    "ProcessInstance": _fields(
        CHANGED + "ProcessDefinitionId:ProcessDefinition TargetObjectId:Case|Campaign "
        "Status:picklist CompletedDate:datetime"
    ),
    "ProcessInstanceWorkitem": _fields(SYSTEM + "ProcessInstanceId:ProcessInstance ActorId:User"),
    "TaskStatus": _fields(
        "Id:id ApiName MasterLabel IsClosed:boolean IsDefault:boolean SortOrder:int "
        "SystemModstamp:datetime"
    ),
    "CaseStatus": _fields(
        "Id:id ApiName MasterLabel IsClosed:boolean IsDefault:boolean SortOrder:int "
        "SystemModstamp:datetime"
    ),
}  # fmt: skip

PREFIXES: Mapping[str, str] = {
    "User": "005", "Group": "00G", "Campaign": "701", "Project__c": "a01", "Task": "00T",
    "Case": "500", "CaseComment": "00a", "CaseHistory": "017", "CaseMilestone": "555",
    "ProcessInstance": "04g", "ProcessInstanceWorkitem": "04i", "ProcessInstanceStep": "04h",
    "TaskStatus": "01J", "CaseStatus": "01J", "Organization": "00D",
}  # fmt: skip

CHILDREN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ProcessInstance": {
        "Workitems": ("Id", "ActorId", "ProcessInstanceId", "IsDeleted"),
        "Steps": ("Id", "ActorId", "StepStatus", "ProcessInstanceId"),
    }
}

PARENTS: Mapping[str, tuple[str, ...]] = {
    "RecordType": ("Id", "Name"), "MilestoneType": ("Id", "Name"),
    "ProcessDefinition": ("Id", "Name"),
}  # fmt: skip

_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def full_id(prefix: str, number: int) -> str:
    """An id of 18 characters: 15, and three that tell upper from lower case."""
    short = f"{prefix}{number:012d}"
    chunks = (short[start : start + 5] for start in (0, 5, 10))
    return short + "".join(
        _SUFFIX[sum(1 << place for place, each in enumerate(chunk) if each.isupper())]
        for chunk in chunks
    )


def type_of(value: CustomValue) -> str:
    """The type of a custom field that can hold a value."""
    kinds = {"bool": "boolean", "float": "double", "int": "double", "date": "date",
             "datetime": "datetime", "tuple": "multipicklist"}  # fmt: skip
    return kinds.get(type(value).__name__, "string")


def described(object: str, fields: tuple[Field, ...]) -> dict[str, Any]:
    """The description of an object."""
    return {
        "name": object,
        "label": object,
        "keyPrefix": PREFIXES.get(object),
        "queryable": True,
        "custom": object.endswith("__c"),
        "fields": [
            {
                "name": each.name,
                "label": each.label,
                "type": each.type,
                "custom": each.custom,
                "referenceTo": list(each.references),
                "relationshipName": each.name.removesuffix("Id") if each.references else None,
                "nillable": True,
                "filterable": each.type != "textarea",
                "sortable": each.type != "textarea",
                "picklistValues": [],
            }
            for each in fields
        ],
    }
