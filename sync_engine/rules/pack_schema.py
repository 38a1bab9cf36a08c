"""What may stand in a pack's file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

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

    @model_validator(mode="after")
    def _flagged_share(self) -> StandardEntry:
        if self.limit and not 0 < int(self.limit[:-1]) <= 100:
            raise ValueError("`limit` is a share between 1% and 100%")
        return self


class PackEntry(_Entry):
    """A pack's own words; its standards are read one by one."""

    pack: str = Field(pattern=_ID, max_length=60)
    title: str = Field(min_length=3)
    standards: tuple[dict[str, Any], ...] = Field(min_length=1)
