"""Write-back of a connection: switched on, changed, switched off, and what it would write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sdk import registry
from connectors.sdk.comments import comments_of
from sync_engine.commands import CommandError
from sync_engine.configure.changes import Changed, Desk, InvalidError, put
from sync_engine.configure.problems import of_model
from sync_engine.duties import standards_of
from sync_engine.settings import Configuration
from sync_engine.settings.models import Writeback
from sync_engine.settings.nearest import nearest
from sync_engine.store.audit import Actor
from sync_engine.subscriptions import moment_of
from sync_engine.writeback.plan import Step
from sync_engine.writeback.run import planned

ANY = Writeback(severities=("low", "medium", "high", "critical"), after="0 days")


@dataclass(frozen=True, slots=True)
class Prospect:
    """What writing back would do.

    Args:
        steps: as they would be done; those that wait are last.
        example: a comment of any flag, where no step would write one.
    """

    steps: tuple[Step, ...]
    example: Step | None


def write_back(
    desk: Desk, actor: Actor, name: str, said: Mapping[str, Any] | None, *, version: int
) -> Changed:
    """Switch write-back on or change it; None: off, and the comments stay as they are.

    Raises:
        InvalidError: it cannot be so, by option of `writeback`.
        CommandError: the tool cannot be written back to.
    """
    document = dict(desk.entry(("connection", name)).document)
    before = document.pop("writeback", None)
    if said is not None:
        _check(desk.configuration(), str(document.get("connector")), said)
        document["writeback"] = dict(said)
    done = "switched off" if said is None else "changed" if before else "switched on"
    return put(
        desk, actor, ("connection", name), document, version=version, action=f"write-back {done}"
    )


def prospect(desk: Desk, name: str, id: int | None, said: Mapping[str, Any]) -> Prospect:
    """What would be written now; nothing is, and no tool is asked.

    Args:
        id: the connection's number in the store; None: it was never read.

    Raises: as `write_back`.
    """
    configuration = desk.configuration()
    _check(configuration, configuration.connection(name).connector, said)
    if id is None:
        return Prospect((), None)
    moment = moment_of(configuration.settings, desk.now())
    steps = planned(desk.engine, id, Writeback.model_validate(said), moment)
    any_ = planned(desk.engine, id, ANY, moment) if not steps else []
    return Prospect(tuple(steps), next((each for each in any_ if each.action == "write"), None))


def _check(configuration: Configuration, connector: str, said: Mapping[str, Any]) -> None:
    if comments_of(registry.get(connector)) is None:
        title = registry.get(connector).title
        raise CommandError(f"flags cannot be written back to {title}")
    if not said.get("severities") and not said.get("standards"):
        raise InvalidError({"severities": "say which flags: their severities, or their standards"})
    if wrong := of_model(Writeback, said):
        raise InvalidError(wrong)
    known = {each.id for each in standards_of(configuration)}
    for id in said.get("standards") or ():
        if id not in known:
            told = f'no standard in force has the id "{id}"{nearest(id, known)}'
            raise InvalidError({"standards": told})
