"""What the configuration's sections are made of."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sync_engine.settings.nearest import nearest

Severity = Literal["info", "low", "medium", "high", "critical"]
MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
"""An address as mail servers take it."""
Email = Annotated[str, Field(pattern=r"^[^@\s<>,;]{1,64}@[^@\s<>,;]{1,190}$")]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(
            f'no time zone is called "{name}"{nearest(name, _zones())}; '
            'write a name such as "Europe/Berlin"'
        )
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class Section(BaseModel):
    """Base of all sections: unknown options are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
