"""The people file: who is who across tools, and who leads whom."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from sync_engine.settings.models import Email, Section


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
