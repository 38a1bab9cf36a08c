"""Plants of pmo-core: connections. What we know of ourselves is never unknown."""

# ruff: noqa: E501

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.planted.plot import Plot, plant


def tool(p: Plot, **more: Any) -> Any:
    """A further connection."""
    name = f"{p.standard.id} {len(p.at.portfolio.places)}"
    return p.at.portfolio.place("jira", name, **more)


@plant("connection-behind")
def _(p: Plot) -> str:
    most = max(timedelta(minutes=10) * p.param("turns"), timedelta(minutes=p.param("minutes")))
    at = p.now - most - timedelta(microseconds=p.bad)
    return str(tool(p, complete_at=at).id)


@plant("scope-lost")
def _(p: Plot) -> str:
    place = tool(p)
    p.at.portfolio.add("scope", connection_id=place.id, scope="S", name="S", visible=False,
                       state=p.pick("active", "archived"))  # fmt: skip
    return str(place.id)


@plant("unmapped-words")
def _(p: Plot) -> str:
    place = tool(p)
    for label, status in (("Odd", p.pick(None, "todo")), ("Done", "done")):
        p.at.portfolio.add("word", connection_id=place.id, label=label, status=status,
                           seen_at=p.now)  # fmt: skip
    return str(place.id)


@plant("mapped-fields")
def _(p: Plot) -> str:
    place = tool(p)
    p.at.portfolio.add("field", connection_id=place.id, field="points", named="Size",
                       field_id="cf1", field_name=p.pick("Sizes", "SIZE"), found_at=p.now,
                       unreadable=False)  # fmt: skip
    return str(place.id)


@plant("counts-differ")
def _(p: Plot) -> str:
    place, share = tool(p), int(p.param("share"))
    counts = {"tasks": {"store": 1000 - 10 * share - p.bad, "tool": 1000},
              "people": {"store": 5, "tool": None}}  # fmt: skip
    p.at.portfolio.add("scope", connection_id=place.id, scope="S", name="S", visible=True,
                       state="active", stream_counts=counts)  # fmt: skip
    return str(place.id)


@plant("credential-ends")
def _(p: Plot) -> str:
    return str(tool(p, credential_expires_at=p.until("days")).id)


@plant("webhook-fails")
def _(p: Plot) -> str:
    silence = timedelta(days=p.param("days"), microseconds=p.bad)
    heard = p.now - timedelta(days=9, hours=7, minutes=13, seconds=29)
    return str(tool(p, hook_since=heard - silence, hooked_at=heard, changed_at=heard + silence).id)


@plant("credential-refused")
def _(p: Plot) -> str:
    return str(tool(p, state=p.pick("needs_reauth", "failed")).id)


@plant("never-read")
def _(p: Plot) -> str:
    return str(tool(p, complete_at=None, state=p.pick("failed", "new")).id)


@plant("budget-nearly-used")
def _(p: Plot) -> str:
    return str(tool(p, budget_used=p.param("share") + p.pick(0.01, 0.0)).id)


@plant("items-parked")
def _(p: Plot) -> str:
    place = tool(p)
    for n in range(int(p.param("most")) + 2):
        parked = "odd" if n < p.over("most") else None
        p.at.portfolio.add("raw", connection_id=place.id, stream="tasks", item_id=str(n), hash=b"",
                           body=b"", yields=b"", parked=parked, read_at=p.now, run_id=place.id)  # fmt: skip
    return str(place.id)


@plant("census-held")
def _(p: Plot) -> str:
    place = tool(p)
    p.at.portfolio.add("hold", connection_id=place.id, run_id=place.id, stream="tasks", scope="S",
                       reason="many", ids=["1"], known=3, at=p.now,
                       superseded_at=p.pick(None, p.now))  # fmt: skip
    return str(place.id)
