"""The people file: who is who across tools, and who leads whom."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pydantic import Field, field_validator, model_validator

from sync_engine.settings.base import Email, Section
from sync_engine.settings.values import Day


class LeaveEntry(Section):
    """Days on which someone does not work."""

    first: Day = Field(description="The first day away.")
    last: Day = Field(description="The last day away.")

    @model_validator(mode="after")
    def _in_order(self) -> LeaveEntry:
        if self.last < self.first:
            raise ValueError(f"leave ends on {self.last}, before it begins on {self.first}")
        return self


class PersonEntry(Section):
    """One person of the people file."""

    name: str = Field(min_length=1, description="The person's name.")
    emails: tuple[Email, ...] = Field((), description="All addresses under which tools know them.")
    accounts: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="By connection: the ids or names of their accounts, for tools that hide "
        "addresses.",
    )
    lead: Email | None = Field(None, description="Address of who leads them.")
    manager: Email | None = Field(None, description="Address of their manager.")

    capacity_hours: float = Field(
        40, ge=0, le=168, description="Hours that they work in a week without days off."
    )
    leave: tuple[LeaveEntry, ...] = Field(
        (), description="When they are away: `first` and `last` day of each leave."
    )

    @field_validator("leave")
    @classmethod
    def _apart(cls, value: tuple[LeaveEntry, ...]) -> tuple[LeaveEntry, ...]:
        ordered = sorted(value, key=lambda each: each.first)
        for earlier, later in pairwise(ordered):
            if later.first <= earlier.last:
                raise ValueError(f"two leaves overlap on {later.first}")
        return value

    @field_validator("accounts", mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            key: [each] if isinstance(each, (str, int)) else each for key, each in value.items()
        }


class People(Section):
    """The people file."""

    people: tuple[PersonEntry, ...] = Field((), description="One entry a person.")
