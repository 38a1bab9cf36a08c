"""What may stand in a pack's file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sync_engine.rules import facts
from sync_engine.rules.standards import Severity

ParamType = Literal[
    "number", "count", "percent", "minutes", "hours", "days", "working days", "weeks", "text"
]
WHOLE = ("count", "days", "working days", "weeks")
_ID = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ParamEntry(_Entry):
    """A standard's parameter."""

    type: ParamType
    default: Any
    min: float | None = None
    max: float | None = None
    help: str | None = None


class EscalateEntry(_Entry):
    """When a flag grows more severe."""

    after: str | None = Field(None, pattern=r"^\d{1,4} (working days|days|weeks)$")
    when: str | None = None
    to: Severity

    @model_validator(mode="after")
    def _has_a_reason(self) -> EscalateEntry:
        if self.after is None and self.when is None:
            raise ValueError("`escalate` needs `after`, `when`, or both")
        return self


class Examples(_Entry):
    """A standard's test of itself: facts of subjects, and what must come out."""

    flags: tuple[dict[str, Any], ...] = Field(min_length=1)
    passes: tuple[dict[str, Any], ...] = Field(min_length=1)
    not_assessable: tuple[dict[str, Any], ...] = ()


class StandardEntry(_Entry):
    """A standard as it is written in a pack."""

    id: str = Field(pattern=_ID, max_length=60)
    title: str = Field(min_length=3, max_length=100)
    source: str = Field(min_length=2)
    ref: str | None = None
    why: str = Field(min_length=10)
    severity: Severity
    subject: facts.Subject
    scope: str | None = None
    flag_when: str
    say: str = Field(min_length=5)
    remedy: str = Field(min_length=5)
    params: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ParamEntry] = Field(
        default_factory=dict
    )
    escalate: EscalateEntry | None = None
    limit: str | None = Field(None, pattern=r"^\d{1,3}%$")
    enabled: bool = True
    examples: Examples

    @field_validator("limit")
    @classmethod
    def _flagged_share(cls, limit: str | None) -> str | None:
        if limit and not 0 < int(limit[:-1]) <= 100:
            raise ValueError("this must be a share between 1% and 100%")
        return limit


class PackEntry(_Entry):
    """A pack's own words; its standards, and what it sets of others, are read one by one.

    Args:
        extends: packs whose standards it takes over: names, or files relative to its own.
        set: by standard: what differs from the pack that it comes from.
        owner: who answers for it.
        version: as its owner counts.
    """

    pack: str = Field(pattern=_ID, max_length=60)
    title: str = Field(min_length=3)
    owner: str | None = Field(None, min_length=2, max_length=100)
    version: str | None = Field(None, min_length=1, max_length=40)
    extends: tuple[str, ...] = ()
    set: dict[str, Any] = Field(default_factory=dict)
    standards: tuple[dict[str, Any], ...] = ()

    @field_validator("version", mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            raise ValueError(  # noqa: TRY004  # told to people, with its place
                '`version` is a text; put it in quotes: "1.10" is not 1.1'
            )
        return value

    @field_validator("extends", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_something(self) -> PackEntry:
        if not self.standards and not self.extends:
            raise ValueError("a pack has `standards`, or `extends` another pack, or both")
        return self
