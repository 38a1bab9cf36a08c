"""`PUT /api/v1/inbound/{connection}/tasks`: work of tools that nobody here knows, delivered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, cast

import msgspec
import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from connectors.sdk.contract import Connector, Item
from connectors.sdk.deliveries import Row, TakesDeliveries
from connectors.sdk.errors import Unexpected
from connectors.sdk.json_body import BrokenText, NotJson, parse_json
from sync_engine import jobs
from sync_engine.connect import Workshop, known_people
from sync_engine.deliveries import STREAM, read
from sync_engine.secrets import SecretError
from sync_engine.settings import SettingsError, load_people
from sync_engine.store.lease import LeaseLostError
from sync_engine.store.rows import name_of
from sync_engine.store.runs import OtherToolError
from sync_engine.web.bodies import body_of

MAX_BYTES = 32 * 1024 * 1024
COME_AGAIN = {"Retry-After": "10"}

log = structlog.get_logger()


class BodyError(Exception):
    """A body is not what is delivered here; the message says what is."""


class Deliveries:
    """Takes deliveries for all connections that have a token for them.

    Args:
        workshop: of the configuration that holds now.
        taken: told after each delivery that was written.
    """

    def __init__(self, workshop: Callable[[], Workshop], taken: Callable[[], None]) -> None:
        self._workshop = workshop
        self._taken = taken
        self._lock = threading.Lock()
        self._receivers: dict[str, TakesDeliveries] = {}
        self._made_for: Workshop | None = None

    def router(self) -> APIRouter:
        """The route."""
        router = APIRouter()

        @router.put("/api/v1/inbound/{name}/tasks")
        async def deliver(
            name: str,
            request: Request,
            authorization: Annotated[str, Header()] = "",
            complete: Annotated[bool, Query()] = False,
            dry_run: Annotated[bool, Query()] = False,
        ) -> Response:
            workshop = self._workshop()
            if not await run_in_threadpool(self._admits, workshop, name, authorization):
                return _answer(401, {"error": "No connection takes deliveries with this token."})
            body = await body_of(request, MAX_BYTES)
            if body is None:
                return _answer(413, {"error": f"More than {MAX_BYTES} bytes; deliver in parts."})
            try:
                rows = _rows(body)
            except BodyError as error:
                return _answer(400, {"error": str(error)})
            return await run_in_threadpool(self._take, workshop, name, rows, complete, dry_run)

        return router

    def _admits(self, workshop: Workshop, name: str, authorization: str) -> bool:
        """Whether a bearer token lets deliver to a connection; whatever else is wrong reads alike.
        Secrets are fetched once for a configuration, not for whoever calls."""
        with self._lock:
            if self._made_for is not workshop:
                self._receivers, self._made_for = _receivers(workshop), workshop
            receiver = self._receivers.get(name)
        scheme, _, token = authorization.partition(" ")
        return (
            receiver is not None
            and scheme.casefold() == "bearer"
            and receiver.admits(token.strip())
        )

    def _take(
        self, workshop: Workshop, name: str, rows: list[Row], complete: bool, dry_run: bool
    ) -> Response:
        connection = workshop.configuration.connection(name)
        if dry_run:
            connector = workshop.reach(connection).connector
            delivery = read(connector, rows, complete=complete)
            return _answer(200, {"records": _records(connector, delivery.items),
                                 "refused": delivery.refused})  # fmt: skip
        try:
            people = known_people(load_people(workshop.configuration))
            taken = jobs.deliver(workshop, connection, rows, complete=complete, people=people)
        except LeaseLostError:
            taken = None
        except (SecretError, SettingsError, OtherToolError) as error:
            return _answer(503, {"error": f"{error}."}, COME_AGAIN)
        except sa.exc.SQLAlchemyError as error:
            _say("the store did not take a delivery", str(error), connection=name)
            return _answer(503, {"error": "The store does not take it now."}, COME_AGAIN)
        if taken is None:
            return _answer(409, {"error": "Another delivery is under way."}, COME_AGAIN)
        report, delivery = taken
        self._taken()
        tally = report.tally
        nothing = bool(delivery.refused) and not (delivery.items or delivery.gone)
        return _answer(
            422 if nothing else 200,
            {
                "run": report.run_id, "read": tally.items, "written": tally.written,
                "unchanged": tally.unchanged, "retired": tally.retired,
                "refused": delivery.refused, "problems": report.problems,
            },
        )  # fmt: skip


def _receivers(workshop: Workshop) -> dict[str, TakesDeliveries]:
    """The connections that take deliveries, by name, their secrets fetched."""
    found = {}
    for connection in workshop.configuration.settings.connections:
        if connection.enabled and jobs.is_delivered(connection):
            try:
                reached = workshop.reach(connection)
            except SecretError as error:
                _say("deliveries cannot be taken", str(error), connection=connection.name)
                continue
            found[connection.name] = cast(TakesDeliveries, reached.connector)
    return found


def _rows(body: bytes) -> list[Row]:
    """The rows of a body.

    Raises:
        BodyError: it is no object with a list `tasks`.
    """
    try:
        data = parse_json(body)[0]
    except (NotJson, BrokenText, Unexpected):
        raise BodyError("The body is not JSON in UTF-8.") from None
    tasks = data.get("tasks") if isinstance(data, dict) else None
    if not isinstance(tasks, list):
        raise BodyError('The body is an object with a list: {"tasks": [{…}]}.')
    return [Row(number, value) for number, value in enumerate(tasks, 1)]


def _records(connector: Connector, items: Iterable[Item]) -> list[dict[str, Any]]:
    """What would be read, each record with its kind."""
    return [
        {"record": name_of(type(record)), **msgspec.to_builtins(record)}
        for item in items
        for record in connector.to_records(STREAM, item.body)
    ]


def _answer(status: int, facts: Any, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(facts), status, dict(headers or {}), media_type="application/json"
    )


def _say(what: str, error: str, **facts: Any) -> None:
    """An error for whoever must act: its sentence, no traceback."""
    log.error(what, error=error, **facts)
